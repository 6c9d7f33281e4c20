import type { Fact } from '#events/fact.ts'

import {
  defineProjection,
  type Partition,
  partition,
  type View,
} from '#projections/kernel/define-projection.ts'
import type { RowOf } from '#projections/kernel/define-table.ts'
import { increment, put, remove, type Write } from '#projections/kernel/writes.ts'
import {
  ALL_SECTIONS,
  memberTotals,
  memberUploads,
  raceSections,
} from '#projections/member-totals/member-totals.tables.ts'
import { periodStarts } from '#projections/member-totals/period-starts.ts'
import { idOf } from '#projections/stream-id.ts'

interface Figures {
  readonly files: number
  readonly size_bytes: number
  readonly duration_ms: number
}

export const memberTotalsProjection = defineProjection({
  name: 'member-totals',
  version: 4,
  tables: [memberTotals, memberUploads, raceSections],
  reads: {
    'connection.file-sent': ({ data }) => [partition(raceSections, data.race)],
    'race.file-accepted': sectionOfRace,
    'race.file-cleared': sectionOfRace,
    'race.file-deleted': uploadsOfRace,
    'race.file-marked-bad': uploadsOfRace,
    'race.file-renamed': uploadsOfRace,
    'race.sfv-replaced': uploadsOfRace,
    'race.file-wiped': uploadsOfRace,
    'race.file-lost': uploadsOfRace,
    'race.published': uploadsOfRace,
    'race.wiped': uploadsOfRace,
  },
  on: {
    'race.created': (fact) => [movedTo(fact, fact.data.section)],
    'race.renamed': (fact) => [movedTo(fact, fact.data.section)],
    'connection.file-sent': (fact, view) => {
      const { by, at } = fact.meta
      if (by === null || !fact.data.inStatistics) return []
      const { race, sizeBytes, durationMs, isWhole } = fact.data
      const figures = {
        files: isWhole ? 1 : 0,
        size_bytes: sizeBytes,
        duration_ms: Math.round(durationMs),
      }
      return total({ member: by, direction: 'down', at, section: sectionIn(view, race) }, figures)
    },
    'race.file-accepted': (fact, view) =>
      fact.meta.by === null ? [] : uploaded(fact, view, fact.meta.by),
    // It was taken back when it was bad.
    'race.file-cleared': (fact, view) =>
      fact.data.member === '' ? [] : uploaded(fact, view, fact.data.member),
    'race.sfv-replaced': (fact, view) => takeBack(fact, view, fact.data.file),
    'race.file-deleted': (fact, view) => takeBack(fact, view, fact.data.file),
    'race.file-marked-bad': (fact, view) => takeBack(fact, view, fact.data.file),
    // As glFTPd's WIPE: the statistics stay as they are.
    'race.file-wiped': (fact, view) => forget(findUpload(fact, view, fact.data.file)),
    'race.file-lost': (fact, view) => forget(findUpload(fact, view, fact.data.file)),
    'race.wiped': (fact, view) => view.rows(memberUploads, idOf(fact)).flatMap(forget),
    'race.published': (fact, view) => {
      const { to } = fact.data
      const late = view.rows(memberUploads, idOf(fact)).filter(({ counted }) => !counted)
      return [
        movedTo(fact, to),
        ...late.flatMap((each) => counted({ ...each, at: fact.meta.at, section: to })),
      ]
    },
    'race.file-renamed': (fact, view) => {
      const upload = findUpload(fact, view, fact.data.from)
      if (!upload) return []
      const { race_id, file } = upload
      return [
        remove(memberUploads, { race_id, file }),
        put(memberUploads, { ...upload, file: fact.data.to }),
      ]
    },
  },
})

type Upload = RowOf<typeof memberUploads.columns>

function sectionOfRace(fact: Fact): readonly Partition[] {
  return [partition(raceSections, idOf(fact))]
}

function sectionIn(view: View, race: string): string {
  return view.rows(raceSections, race)[0]?.section ?? ALL_SECTIONS
}

function movedTo(fact: Fact, section: string): Write {
  return put(raceSections, { race_id: idOf(fact), section })
}

interface Uploaded extends Fact {
  readonly data: {
    readonly file: string
    readonly sizeBytes: number
    readonly durationMs: number
    readonly inStatistics: boolean
  }
}

function uploaded(fact: Uploaded, view: View, member: string): readonly Write[] {
  const { file, sizeBytes, durationMs, inStatistics } = fact.data
  const race_id = idOf(fact)
  const upload = {
    race_id,
    file,
    member,
    at: fact.meta.at,
    section: sectionIn(view, race_id),
    size_bytes: sizeBytes,
    duration_ms: Math.round(durationMs),
    counted: inStatistics,
  }
  return inStatistics ? counted(upload) : [put(memberUploads, upload)]
}

function counted(upload: Upload): readonly Write[] {
  return [put(memberUploads, { ...upload, counted: true }), ...added(upload, 1)]
}

/** An upload is added where and when it is counted, and taken back from there. */
function added(upload: Upload, files: 1 | -1): readonly Write[] {
  const { member, at, section, size_bytes, duration_ms } = upload
  return total(
    { member, direction: 'up', at, section },
    { files, size_bytes: files * size_bytes, duration_ms: files * duration_ms },
  )
}

function uploadsOfRace(fact: Fact): readonly Partition[] {
  return [partition(memberUploads, idOf(fact))]
}

function findUpload(fact: Fact, view: View, file: string): Upload | undefined {
  return view.rows(memberUploads, idOf(fact)).find((upload) => upload.file === file)
}

/** A bad file is taken back when it is found out; its later deletion finds no upload. */
function takeBack(fact: Fact, view: View, name: string): readonly Write[] {
  const upload = findUpload(fact, view, name)
  if (!upload) return []
  return [...forget(upload), ...(upload.counted ? added(upload, -1) : [])]
}

function forget(upload: Upload | undefined): Write[] {
  if (!upload) return []
  const { race_id, file } = upload
  return [remove(memberUploads, { race_id, file })]
}

interface Transfer {
  readonly member: string
  readonly direction: 'up' | 'down'
  readonly at: number
  readonly section: string
}

/** In the sum over all sections, and in its own where that is known. */
function total({ at, section: own, ...rest }: Transfer, figures: Figures): Write[] {
  const none = { files: 0, size_bytes: 0, duration_ms: 0 }
  const periods = Object.entries(periodStarts(at))
  return [...new Set([ALL_SECTIONS, own])].flatMap((section) =>
    periods.map(([period, starts_at]) =>
      increment(memberTotals, { ...rest, section, period, starts_at }, { ...figures }, none),
    ),
  )
}
