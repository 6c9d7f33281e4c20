import { type Fact, refOf } from '#events/fact.ts'
import { isZip } from '#events/release-kind.ts'
import { folderOf } from '#events/release-paths.ts'

import { type Partition, partition, type View } from '#projections/kernel/define-projection.ts'
import { put, remove, type Write } from '#projections/kernel/writes.ts'
import {
  raceFiles,
  type RaceFileRow,
  raceZips,
  type RaceZipsRow,
} from '#projections/race-files/race-files.tables.ts'
import {
  countRow,
  countZips,
  noProgress,
  type Progress,
  progressBy,
} from '#projections/race-files/race-progress.ts'

/** A race's names and zips, which a handler may change. */
export interface Look {
  readonly rows: Map<string, RaceFileRow>
  /** By folder. */
  readonly zips: Map<string, RaceZipsRow>
}

export const raceOf = (fact: Fact): string => refOf(fact.stream)?.id ?? ''

/** What `changed` looks at. */
export function wholeRace(fact: Fact): readonly Partition[] {
  const race = raceOf(fact)
  return [partition(raceFiles, race), partition(raceZips, race)]
}

export function zipsOfRace(fact: Fact): readonly Partition[] {
  return [partition(raceZips, raceOf(fact))]
}

/** Writes the rows that a change of the race makes, and what that makes of the sums. */
export function changed(view: View, race: string, change: (look: Look) => void): readonly Write[] {
  const before = lookAt(view, race)
  const after = lookAt(view, race)
  change(after)
  recountZips(after)
  const sums = noProgress()
  const writes = [
    ...changedRows(before.rows, after.rows, sums),
    ...changedZips(before.zips, after.zips, sums),
  ]
  return [...writes, ...progressBy(race, sums)]
}

function lookAt(view: View, race: string): Look {
  const rows = view.rows(raceFiles, race).map((row) => [row.file, { ...row }] as const)
  const zips = view.rows(raceZips, race).map((row) => [row.folder, { ...row }] as const)
  return { rows: new Map(rows), zips: new Map(zips) }
}

/** One file more or less in a folder: a zip, or what tells of the zips there. */
export function countZip(
  view: View,
  race: string,
  file: string,
  by: 1 | -1,
  sums: Progress,
): readonly Write[] {
  // What comes and is no zip has told of none yet.
  if (by > 0 && !isZip(file)) return []
  const folder = folderOf(file)
  const set = view.rows(raceZips, race).find((each) => each.folder === folder)
  if (!set) return []
  const isForgotten = set.file === file && by < 0
  if (!isForgotten && !isZip(file)) return []
  const counted = { ...set, files: set.files + by }
  countZips(sums, set, -1)
  if (!isForgotten) countZips(sums, counted, 1)
  return [isForgotten ? removeZips(set) : put(raceZips, counted)]
}

export function goodZips(rows: Look['rows'], folder: string): number {
  const isIn = (row: RaceFileRow) => isZip(row.file) && isGood(row) && folderOf(row.file) === folder
  return [...rows.values()].filter(isIn).length
}

function isGood(row: RaceFileRow | undefined): boolean {
  return row !== undefined && row.accepted_at !== null && !row.bad
}

/** Writes a row, or takes it away when there is nothing in it. */
export function keep(row: RaceFileRow): Write {
  const { race_id, file, expected_crc32, accepted_at, upload_id } = row
  const isEmpty = expected_crc32 === null && accepted_at === null && upload_id === null
  return isEmpty ? remove(raceFiles, { race_id, file }) : put(raceFiles, row)
}

function recountZips({ rows, zips }: Look): void {
  for (const [folder, set] of zips) {
    if (isGood(rows.get(set.file))) set.files = goodZips(rows, folder)
    else zips.delete(folder)
  }
}

function changedRows(before: Look['rows'], after: Look['rows'], sums: Progress): Write[] {
  const writes: Write[] = []
  for (const [file, row] of after) {
    const old = before.get(file)
    if (old && !differs(old, row)) continue
    writes.push(keep(row))
    if (old) countRow(sums, old, -1)
    countRow(sums, row, 1)
  }
  return writes
}

function changedZips(before: Look['zips'], after: Look['zips'], sums: Progress): Write[] {
  const writes: Write[] = []
  for (const folder of new Set([...before.keys(), ...after.keys()])) {
    const [old, set] = [before.get(folder), after.get(folder)]
    if (old && set && !differs(old, set)) continue
    if (old) countZips(sums, old, -1)
    if (set) countZips(sums, set, 1)
    if (set) writes.push(put(raceZips, set))
    else if (old) writes.push(removeZips(old))
  }
  return writes
}

function removeZips({ race_id, folder }: RaceZipsRow): Write {
  return remove(raceZips, { race_id, folder })
}

function differs<R extends object>(a: R, b: R): boolean {
  return (Object.keys(a) as (keyof R)[]).some((column) => a[column] !== b[column])
}
