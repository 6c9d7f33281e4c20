import type { KnownFact } from '#events/catalogue.ts'
import { type Fact, refOf } from '#events/fact.ts'

import {
  defineProjection,
  type Partition,
  partition,
  type View,
} from '#projections/kernel/define-projection.ts'
import type { RowOf } from '#projections/kernel/define-table.ts'
import { put, remove, update, type Write } from '#projections/kernel/writes.ts'
import { dupeMarks, releaseFiles, releases } from '#projections/releases/releases.tables.ts'

type FactOf<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>
type FileRow = RowOf<typeof releaseFiles.columns>

/** The race that a fact of its stream is about. */
const raceOf = (fact: Fact): { race_id: string } => ({ race_id: refOf(fact.stream)?.id ?? '' })

/** As names are compared and searched. */
export const foldedName = (name: string): string => name.toLowerCase()
const lastName = (file: string): string => file.slice(file.lastIndexOf('/') + 1)

export const releasesProjection = defineProjection({
  name: 'releases',
  version: 1,
  tables: [releases, releaseFiles, dupeMarks],
  reads: {
    'race.file-deleted': filesOfRace,
    'race.file-wiped': filesOfRace,
    'race.file-lost': filesOfRace,
    'race.sfv-replaced': filesOfRace,
    'race.file-renamed': filesOfRace,
  },
  on: {
    'race.created': (fact) => {
      const { section, release: name } = fact.data
      return [
        put(releases, {
          ...raceOf(fact),
          ...EMPTY,
          section,
          name,
          folded: foldedName(name),
          maker: fact.meta.by,
          created_at: fact.meta.at,
          created_position: fact.position,
        }),
      ]
    },
    'race.file-accepted': (fact) => [
      ...brought(fact, fact.meta.by),
      counted(fact, 1, fact.data.sizeBytes, 1),
    ],
    'race.file-found': (fact) => [...brought(fact, null), counted(fact, 1, fact.data.sizeBytes, 1)],
    'race.file-marked-bad': (fact) => [
      update(releaseFiles, { ...raceOf(fact), file: fact.data.file }, { state: 'bad' }),
      counted(fact, -1, -fact.data.sizeBytes),
    ],
    'race.file-cleared': (fact) => [
      update(releaseFiles, { ...raceOf(fact), file: fact.data.file }, { state: 'here' }),
      counted(fact, 1, fact.data.sizeBytes),
    ],
    'race.file-deleted': (fact, view) => gone(fact, view, 'deleted'),
    'race.sfv-replaced': (fact, view) => gone(fact, view, 'deleted'),
    'race.file-wiped': (fact, view) => gone(fact, view, 'wiped'),
    'race.file-lost': (fact, view) => gone(fact, view, 'lost'),
    'race.file-renamed': (fact, view) => {
      const { from, to } = fact.data
      const row = rowOf(fact, view, from)
      if (!row) return []
      const { race_id } = row
      const moved = { ...row, file: to, folded: foldedName(lastName(to)) }
      return [remove(releaseFiles, { race_id, file: from }), put(releaseFiles, moved)]
    },
    'race.started': (fact) => [update(releases, raceOf(fact), { group: fact.data.group })],
    'race.completed': (fact) => [update(releases, raceOf(fact), { completed_at: fact.meta.at })],
    'race.became-incomplete': (fact) => [update(releases, raceOf(fact), { completed_at: null })],
    'race.nuked': (fact) => [update(releases, raceOf(fact), { nuked: true })],
    'race.unnuked': (fact) => [update(releases, raceOf(fact), { nuked: false })],
    'race.published': (fact) => {
      const { group } = fact.data
      return [update(releases, raceOf(fact), { group, published_at: fact.meta.at })]
    },
    'race.renamed': (fact) => {
      const { section, release: name } = fact.data
      return [update(releases, raceOf(fact), { section, name, folded: foldedName(name) })]
    },
    'race.removed': (fact) => [
      update(releases, raceOf(fact), { gone: 'removed', gone_at: fact.meta.at }),
    ],
    'race.wiped': (fact) => [
      update(releases, raceOf(fact), { gone: 'wiped', gone_at: fact.meta.at }),
    ],
    'site.dupe-cleared': (fact) => [marked(fact, false)],
    'site.dupe-declared': (fact) => [marked(fact, true)],
  },
})

const EMPTY = {
  group: null,
  files: 0,
  size_bytes: 0,
  files_brought: 0,
  completed_at: null,
  nuked: false,
  published_at: null,
  gone_at: null,
  gone: null,
}

/** Nothing happens where there is no row: no release begins with a file. */
function counted(fact: Fact, files: number, sizeBytes: number, ever = 0): Write {
  const add = { files, size_bytes: sizeBytes, files_brought: ever }
  return {
    table: releases,
    key: raceOf(fact),
    absent: null,
    present: { kind: 'change', set: {}, add },
  }
}

function brought(
  fact: FactOf<'race.file-accepted' | 'race.file-found'>,
  member: string | null,
): Write[] {
  const { file, sizeBytes } = fact.data
  return [
    put(releaseFiles, {
      ...raceOf(fact),
      file,
      folded: foldedName(lastName(file)),
      member,
      size_bytes: sizeBytes,
      brought_at: fact.meta.at,
      brought_position: fact.position,
      state: 'here',
    }),
  ]
}

/** What was bad was not counted any more. */
function gone(
  fact: FactOf<'race.file-deleted' | 'race.sfv-replaced' | 'race.file-wiped' | 'race.file-lost'>,
  view: View,
  state: string,
): Write[] {
  const { file, sizeBytes } = fact.data
  const row = rowOf(fact, view, file)
  if (!row) return []
  const { race_id } = row
  return [
    update(releaseFiles, { race_id, file }, { state }),
    ...(row.state === 'here' ? [counted(fact, -1, -sizeBytes)] : []),
  ]
}

function marked(fact: FactOf<'site.dupe-cleared' | 'site.dupe-declared'>, is_dupe: boolean): Write {
  const { name, of } = fact.data
  const { by, at } = fact.meta
  const { position } = fact
  return put(dupeMarks, { of, folded: foldedName(name), name, is_dupe, by, at, position })
}

function filesOfRace(fact: Fact): readonly Partition[] {
  return [partition(releaseFiles, raceOf(fact).race_id)]
}

function rowOf(fact: Fact, view: View, file: string): FileRow | undefined {
  return view.rows(releaseFiles, raceOf(fact).race_id).find((row) => row.file === file)
}
