import { type Fact, refOf } from '#events/fact.ts'

import {
  defineProjection,
  type Partition,
  partition,
  type View,
} from '#projections/kernel/define-projection.ts'
import { increment, put, remove, update, upsert, type Write } from '#projections/kernel/writes.ts'
import {
  raceFiles,
  type RaceFileRow,
  raceProgress,
  raceRacers,
} from '#projections/race-files/race-files.tables.ts'

const raceOf = (fact: Fact): string => refOf(fact.stream)?.id ?? ''

const NO_EXPECTATION = { expected_crc32: null, listed_by: null }
const NO_UPLOAD = { upload_id: null, uploader: null }
const NO_FILE = {
  member: null,
  group: null,
  size_bytes: 0,
  crc32: null,
  duration_ms: 0,
  accepted_at: null,
  bad: false,
}
const NOTHING = { ...NO_EXPECTATION, ...NO_FILE, ...NO_UPLOAD }

export const raceFilesProjection = defineProjection({
  name: 'race-files',
  version: 1,
  tables: [raceFiles, raceRacers, raceProgress],
  reads: {
    'race.upload-aborted': filesOfRace,
    'race.file-rejected': filesOfRace,
    'race.sfv-added': filesOfRace,
    'race.file-deleted': filesOfRace,
    'race.file-renamed': filesOfRace,
  },
  on: {
    'race.upload-started': (fact) => {
      const key = { race_id: raceOf(fact), file: fact.data.file }
      const upload = { upload_id: fact.data.uploadId, uploader: fact.meta.by }
      return [upsert(raceFiles, key, upload, NOTHING)]
    },
    'race.upload-aborted': (fact, view) => endUpload(fact, view, fact.data),
    'race.file-rejected': (fact, view) => endUpload(fact, view, fact.data),
    'race.file-accepted': (fact) => {
      const race_id = raceOf(fact)
      const { file, group, sizeBytes, crc32, durationMs, verified, counted } = fact.data
      const member = fact.meta.by ?? ''
      const figures = { size_bytes: sizeBytes, duration_ms: Math.round(durationMs) }
      const accepted = { member, group, crc32, accepted_at: fact.meta.at, bad: false, ...figures }
      return [
        upsert(raceFiles, { race_id, file }, { ...accepted, ...NO_UPLOAD }, NOTHING),
        progress(race_id, { files_done: verified ? 1 : 0, size_bytes: sizeBytes }),
        ...(counted ? [racer(race_id, member, group, 1, figures)] : []),
      ]
    },
    'race.file-marked-bad': (fact) => {
      const race_id = raceOf(fact)
      const { file, member, sizeBytes, durationMs, counted } = fact.data
      const figures = { size_bytes: -sizeBytes, duration_ms: -Math.round(durationMs) }
      return [
        update(raceFiles, { race_id, file }, { bad: true }),
        progress(race_id, { size_bytes: -sizeBytes }),
        ...(counted ? [racer(race_id, member, '', -1, figures)] : []),
      ]
    },
    'race.sfv-added': (fact, view) => {
      const race_id = raceOf(fact)
      const sfv = fact.data.file
      const rows = rowsByFile(view, race_id)
      // A file of this name was an sfv before: what it listed is still expected, by nobody.
      for (const row of rows.values()) if (row.listed_by === sfv) row.listed_by = null
      for (const [file, expected_crc32] of fact.data.entries) {
        const row = rows.get(file) ?? { race_id, file, ...NOTHING }
        if (row.expected_crc32 !== null) continue
        rows.set(file, Object.assign(row, { expected_crc32, listed_by: sfv }))
      }
      return replaceRows(view, race_id, rows)
    },
    'race.file-deleted': (fact, view) => {
      const race_id = raceOf(fact)
      const { file, member, sizeBytes, durationMs, counted } = fact.data
      const rows = rowsByFile(view, race_id)
      const row = rows.get(file)
      if (row) Object.assign(row, NO_FILE)
      for (const each of rows.values()) {
        if (each.listed_by === file) Object.assign(each, NO_EXPECTATION)
      }
      const figures = { size_bytes: -sizeBytes, duration_ms: -Math.round(durationMs) }
      return [
        ...replaceRows(view, race_id, rows),
        ...(counted ? [racer(race_id, member, '', -1, figures)] : []),
      ]
    },
    'race.file-renamed': (fact, view) => {
      const race_id = raceOf(fact)
      const { from, to } = fact.data
      const rows = rowsByFile(view, race_id)
      const source = rows.get(from)
      if (!source) return []
      const { member, group, size_bytes, crc32, duration_ms, accepted_at, bad } = source
      const moved = { member, group, size_bytes, crc32, duration_ms, accepted_at, bad }
      const target = rows.get(to) ?? { race_id, file: to, ...NOTHING }
      Object.assign(source, NO_FILE)
      rows.set(to, Object.assign(target, moved))
      for (const row of rows.values()) if (row.listed_by === from) row.listed_by = to
      return replaceRows(view, race_id, rows)
    },
  },
})

function filesOfRace(fact: Fact): readonly Partition[] {
  return [partition(raceFiles, raceOf(fact))]
}

function endUpload(
  fact: Fact,
  view: View,
  { file, uploadId }: { file: string; uploadId: string },
): readonly Write[] {
  const row = rowsByFile(view, raceOf(fact)).get(file)
  if (row?.upload_id !== uploadId) return []
  return [keep({ ...row, ...NO_UPLOAD })]
}

/** Copies, which a handler may change. */
function rowsByFile(view: View, race: string): Map<string, RaceFileRow> {
  return new Map(view.rows(raceFiles, race).map((row) => [row.file, { ...row }]))
}

/** Writes the rows that differ from those in the view, and what that makes of the sums. */
function replaceRows(
  view: View,
  race: string,
  rows: ReadonlyMap<string, RaceFileRow>,
): readonly Write[] {
  const before = new Map(view.rows(raceFiles, race).map((row) => [row.file, row]))
  const writes: Write[] = []
  const change = { expected_files: 0, files_done: 0, size_bytes: 0 }
  for (const [file, row] of rows) {
    const old = before.get(file)
    if (old && !differs(old, row)) continue
    writes.push(keep(row))
    if (old) count(change, old, -1)
    count(change, row, 1)
  }
  return writes.length === 0 ? [] : [...writes, progress(race, change)]
}

function count(
  sums: { expected_files: number; files_done: number; size_bytes: number },
  row: RaceFileRow,
  sign: 1 | -1,
): void {
  if (row.expected_crc32 !== null) sums.expected_files += sign
  if (row.accepted_at === null || row.bad) return
  sums.size_bytes += sign * row.size_bytes
  if (row.crc32 === row.expected_crc32) sums.files_done += sign
}

function differs(a: RaceFileRow, b: RaceFileRow): boolean {
  return (Object.keys(a) as (keyof RaceFileRow)[]).some((column) => a[column] !== b[column])
}

function keep(row: RaceFileRow): Write {
  const { race_id, file, expected_crc32, accepted_at, upload_id } = row
  const isEmpty = expected_crc32 === null && accepted_at === null && upload_id === null
  return isEmpty ? remove(raceFiles, { race_id, file }) : put(raceFiles, row)
}

function progress(
  race_id: string,
  sums: { expected_files?: number; files_done?: number; size_bytes?: number },
): Write {
  const change = { expected_files: 0, files_done: 0, size_bytes: 0, ...sums }
  const zero = { expected_files: 0, files_done: 0, size_bytes: 0 }
  return increment(raceProgress, { race_id }, change, zero)
}

function racer(
  race_id: string,
  member: string,
  group: string,
  files: 1 | -1,
  figures: { size_bytes: number; duration_ms: number },
): Write {
  const none = { group, files: 0, size_bytes: 0, duration_ms: 0 }
  return increment(raceRacers, { race_id, member }, { files, ...figures }, none)
}
