import {
  bool,
  defineTable,
  int8,
  nullable,
  type RowOf,
  text,
} from '#projections/kernel/define-table.ts'

/**
 * One row for each name in a release: what the sfv expects of it, the file that was accepted
 * under it, and the upload that runs. A row that has none of the three is removed.
 */
export const raceFiles = defineTable(
  'race_files',
  {
    race_id: text,
    file: text,
    expected_crc32: nullable(text),
    /** The sfv whose removal ends the expectation. */
    listed_by: nullable(text),
    member: nullable(text),
    group: nullable(text),
    size_bytes: int8,
    crc32: nullable(text),
    duration_ms: int8,
    accepted_at: nullable(int8),
    /** An sfv that came later lists it with another CRC32. */
    bad: bool,
    upload_id: nullable(text),
    uploader: nullable(text),
  },
  ['race_id', 'file'],
  [{ name: 'race_files_bad', on: '(race_id)', where: 'bad' }],
)

export type RaceFileRow = RowOf<typeof raceFiles.columns>

/** One row for each member whose files count in a race. */
export const raceRacers = defineTable(
  'race_racers',
  { race_id: text, member: text, group: text, files: int8, size_bytes: int8, duration_ms: int8 },
  ['race_id', 'member'],
)

/** One row for each folder whose zips a diz counts, as long as `file`, which brought it, is here. */
export const raceZips = defineTable(
  'race_zips',
  { race_id: text, folder: text, file: text, expected_files: int8, files: int8 },
  ['race_id', 'folder'],
)

export type RaceZipsRow = RowOf<typeof raceZips.columns>

/**
 * One row for each race: sums over its files. What has `names` in it counts the good files by their
 * names, those that an sfv lists once more: mostly of what kind they are is the release's kind.
 */
export const raceProgress = defineTable(
  'race_progress',
  {
    race_id: text,
    expected_files: int8,
    files_done: int8,
    size_bytes: int8,
    nfo_files: int8,
    sfv_files: int8,
    sample_files: int8,
    rar_names: int8,
    zip_names: int8,
    audio_names: int8,
    video_names: int8,
  },
  ['race_id'],
)

/** What the tags of a race's last audio file say. */
export const raceAudio = defineTable(
  'race_audio',
  {
    race_id: text,
    artist: nullable(text),
    album: nullable(text),
    genre: nullable(text),
    year: nullable(int8),
    codec: nullable(text),
    kbps: nullable(int8),
    is_vbr: bool,
    sample_rate_hz: nullable(int8),
  },
  ['race_id'],
)

export interface RaceFilesTables {
  race_files: RaceFileRow
  race_racers: RowOf<typeof raceRacers.columns>
  race_zips: RaceZipsRow
  race_progress: RowOf<typeof raceProgress.columns>
  race_audio: RowOf<typeof raceAudio.columns>
}
