import { isNfo, isSample, isSfv, kindOfFile, type ReleaseKind } from '#events/release-kind.ts'

import { increment, type Write } from '#projections/kernel/writes.ts'
import {
  raceProgress,
  type RaceFileRow,
  type RaceZipsRow,
} from '#projections/race-files/race-files.tables.ts'

const ZERO = {
  expected_files: 0,
  files_done: 0,
  size_bytes: 0,
  nfo_files: 0,
  sfv_files: 0,
  sample_files: 0,
  rar_names: 0,
  zip_names: 0,
  audio_names: 0,
  video_names: 0,
}

export type Progress = { [C in keyof typeof ZERO]: number }

const NAMES: Readonly<Record<ReleaseKind, keyof Progress | undefined>> = {
  RAR: 'rar_names',
  ZIP: 'zip_names',
  AUDIO: 'audio_names',
  VIDEO: 'video_names',
  OTHER: undefined,
}

export function noProgress(): Progress {
  return { ...ZERO }
}

/** Counts a good file that has come (1) or gone (-1); not whether it is expected. */
export function countFile(
  sums: Progress,
  { file, size_bytes }: Pick<RaceFileRow, 'file' | 'size_bytes'>,
  sign: 1 | -1,
): void {
  sums.size_bytes += sign * size_bytes
  if (isNfo(file)) sums.nfo_files += sign
  if (isSfv(file)) sums.sfv_files += sign
  if (isSample(file)) sums.sample_files += sign
  countName(sums, file, sign)
}

export function countRow(sums: Progress, row: RaceFileRow, sign: 1 | -1): void {
  if (row.expected_crc32 !== null) {
    sums.expected_files += sign
    countName(sums, row.file, sign)
  }
  if (row.accepted_at === null || row.bad) return
  countFile(sums, row, sign)
  if (row.crc32 === row.expected_crc32) sums.files_done += sign
}

export function countZips(sums: Progress, set: RaceZipsRow, sign: 1 | -1): void {
  sums.expected_files += sign * set.expected_files
  sums.files_done += sign * Math.min(set.files, set.expected_files)
}

/** What the sums of a race change by. */
export function progressBy(race_id: string, sums: Progress): readonly Write[] {
  const change = Object.entries(sums).filter(([, by]) => by !== 0)
  if (change.length === 0) return []
  return [increment(raceProgress, { race_id }, Object.fromEntries(change), ZERO)]
}

function countName(sums: Progress, file: string, sign: 1 | -1): void {
  const kind = kindOfFile(file)
  const column = kind && NAMES[kind]
  if (column) sums[column] += sign
}
