import fc from 'fast-check'
import { expect, it } from 'vitest'

import { raceAfter, steps } from '#actors/race/race-steps.fixture.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { Fact } from '#events/fact.ts'
import { isNfo, isSample, isSfv, kindOf, mostOf } from '#events/release-kind.ts'
import { rowsAfter } from '#projections/kernel/given-facts.ts'
import { raceFilesProjection } from '#projections/race-files/race-files.projection.ts'
import {
  raceFiles,
  raceProgress,
  raceRacers,
  raceZips,
} from '#projections/race-files/race-files.tables.ts'

it('the read model of a race says what the race itself says, whatever happens', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(steps, (given) => {
      const race = raceAfter(given)
      for (const { type } of race.facts) seen.add(type)
      const facts = race.facts.map((fact, index): Fact => {
        return { ...fact, stream: 'race-1', version: index, position: index + 1 }
      })
      const rows = rowsAfter(raceFilesProjection, facts)
      const read = {
        progress: rows.of(raceProgress)[0],
        racers: rows.of(raceRacers).filter(({ files }) => files > 0),
        zips: rows.of(raceZips),
        files: rows.of(raceFiles),
      }
      expect(readingOf(read)).toEqual(actorOf(race.state.context))
    }),
    { numRuns: 300, seed: 20_261_121 },
  )
  // Else the steps do not meet as they should.
  expect([...seen]).toEqual(expect.arrayContaining(RARE))
})

const RARE = [
  'race.sfv-replaced',
  'race.file-cleared',
  'race.file-marked-bad',
  'race.entry-matched',
  'race.diz-added',
  'race.file-wiped',
  'race.file-lost',
  'race.file-found',
  'race.completed',
  'race.became-incomplete',
]

interface Read {
  readonly progress: ReturnType<ReturnType<typeof rowsAfter>['of']>[number] | undefined
  readonly racers: readonly { member: string; files: number; size_bytes: number }[]
  readonly zips: readonly {
    folder: string
    file: string
    expected_files: number
    files: number
  }[]
  readonly files: readonly {
    file: string
    expected_crc32: string | null
    crc32: string | null
    accepted_at: number | null
    bad: boolean
    upload_id: string | null
  }[]
}

function readingOf({ progress, racers, zips, files }: Read) {
  const sums = (progress ?? {}) as Record<string, number>
  const sum = (column: string): number => sums[column] ?? 0
  const of = <T>(list: readonly (readonly [string, T])[]) =>
    Object.fromEntries(list.toSorted(byName))
  return {
    expected: sum('expected_files'),
    done: sum('files_done'),
    sizeBytes: sum('size_bytes'),
    hasNfo: sum('nfo_files') > 0,
    hasSfv: sum('sfv_files') > 0,
    hasSample: sum('sample_files') > 0,
    kind: mostOf({
      RAR: sum('rar_names'),
      ZIP: sum('zip_names'),
      AUDIO: sum('audio_names'),
      VIDEO: sum('video_names'),
    }),
    racers: of(
      racers.map(({ member, files: n, size_bytes }) => [member, [n, size_bytes]] as const),
    ),
    zips: of(zips.map((set) => [set.folder, [set.file, set.expected_files, set.files]] as const)),
    files: of(
      files
        .filter((row) => row.accepted_at !== null)
        .map((row) => [row.file, [row.crc32, row.bad]] as const),
    ),
    listed: of(
      files
        .filter((row) => row.expected_crc32 !== null)
        .map((row) => [row.file, row.expected_crc32] as const),
    ),
    uploads: of(
      files
        .filter((row) => row.upload_id !== null)
        .map((row) => [row.file, row.upload_id] as const),
    ),
  }
}

function actorOf(race: RaceContext): ReturnType<typeof readingOf> {
  const good = Object.entries(race.files)
    .filter(([, { isBad }]) => !isBad)
    .map(([file]) => file)
  const map = <T, R>(record: Record<string, T>, pick: (value: T) => R) =>
    Object.fromEntries(
      Object.entries(record)
        .map(([key, value]) => [key, pick(value)] as const)
        .toSorted(byName),
    )
  const racers = Object.fromEntries(
    Object.entries(race.racers).filter(([, { files }]) => files > 0),
  )
  return {
    expected: race.expectedCount,
    done: race.doneCount,
    sizeBytes: race.sizeBytes,
    hasNfo: good.some(isNfo),
    hasSfv: good.some(isSfv),
    hasSample: good.some(isSample),
    kind: kindOf([...Object.keys(race.expected), ...good]),
    racers: map(racers, ({ files, sizeBytes }) => [files, sizeBytes]),
    zips: map(race.zips, ({ file, expectedFiles, files }) => [file, expectedFiles, files]),
    files: map(race.files, ({ crc32, isBad }) => [crc32, isBad]),
    listed: map(race.expected, (crc32) => crc32),
    uploads: map(race.uploads, ({ uploadId }) => uploadId),
  }
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}
