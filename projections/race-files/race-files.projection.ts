import type { KnownFact } from '#events/catalogue.ts'
import { isZip } from '#events/release-kind.ts'
import { folderOf } from '#events/release-paths.ts'

import { defineProjection, type View } from '#projections/kernel/define-projection.ts'
import { increment, put, update, upsert, type Write } from '#projections/kernel/writes.ts'
import {
  raceAudio,
  raceFiles,
  raceProgress,
  raceRacers,
  raceZips,
} from '#projections/race-files/race-files.tables.ts'
import {
  changed,
  countZip,
  goodZips,
  keep,
  type Look,
  raceOf,
  wholeRace,
  zipsOfRace,
} from '#projections/race-files/race-look.ts'
import { countFile, noProgress, progressBy } from '#projections/race-files/race-progress.ts'

type FactOf<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>

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

/** Most files are no zips, and cost no look. */
const zipsIfZip = (fact: FactOf<'race.file-accepted' | 'race.file-found' | 'race.file-cleared'>) =>
  isZip(fact.data.file) ? zipsOfRace(fact) : []

export const raceFilesProjection = defineProjection({
  name: 'race-files',
  version: 3,
  tables: [raceFiles, raceRacers, raceZips, raceProgress, raceAudio],
  reads: {
    'race.upload-aborted': wholeRace,
    'race.file-rejected': wholeRace,
    'race.speed-tested': wholeRace,
    'race.file-accepted': zipsIfZip,
    'race.file-found': zipsIfZip,
    'race.file-marked-bad': zipsOfRace,
    'race.file-cleared': zipsIfZip,
    'race.sfv-added': wholeRace,
    'race.entry-matched': wholeRace,
    'race.diz-added': wholeRace,
    'race.file-deleted': wholeRace,
    'race.file-wiped': wholeRace,
    'race.file-lost': wholeRace,
    'race.sfv-replaced': wholeRace,
    'race.file-renamed': wholeRace,
  },
  on: {
    'race.upload-started': (fact) => {
      const key = { race_id: raceOf(fact), file: fact.data.file }
      const upload = { upload_id: fact.data.uploadId, uploader: fact.meta.by }
      return [upsert(raceFiles, key, upload, NOTHING)]
    },
    'race.upload-aborted': endUpload,
    'race.file-rejected': endUpload,
    'race.speed-tested': endUpload,
    'race.file-accepted': (fact, view) => {
      const { group, durationMs, counted } = fact.data
      const member = fact.meta.by ?? ''
      const figures = { member, group, duration_ms: Math.round(durationMs) }
      return [...filePut(fact, view, figures), ...(counted ? [racer(fact, member, group, 1)] : [])]
    },
    'race.file-found': (fact, view) =>
      filePut(fact, view, { member: null, group: null, duration_ms: 0 }),
    'race.file-marked-bad': (fact, view) => {
      const { member, counted } = fact.data
      return [...judged(fact, view, true), ...(counted ? [racer(fact, member, '', -1)] : [])]
    },
    'race.file-cleared': (fact, view) => {
      const { member, group, counted } = fact.data
      return [...judged(fact, view, false), ...(counted ? [racer(fact, member, group, 1)] : [])]
    },
    'race.sfv-added': (fact, view) =>
      changed(view, raceOf(fact), ({ rows, zips }) => {
        const race_id = raceOf(fact)
        const { file: sfv, entries } = fact.data
        // A file of this name was an sfv before: what it listed is still expected, by nobody.
        for (const row of rows.values()) if (row.listed_by === sfv) row.listed_by = null
        for (const [file, expected_crc32] of entries) {
          const row = rows.get(file) ?? { race_id, file, ...NOTHING }
          if (row.expected_crc32 !== null) continue
          rows.set(file, Object.assign(row, { expected_crc32, listed_by: sfv }))
          // What an sfv lists is counted by the sfv alone.
          if (isZip(file)) zips.delete(folderOf(file))
        }
      }),
    'race.entry-matched': (fact, view) =>
      changed(view, raceOf(fact), ({ rows }) => {
        const { listed, file } = fact.data
        const source = rows.get(listed)
        const target = rows.get(file) ?? { race_id: raceOf(fact), file, ...NOTHING }
        if (source?.expected_crc32 == null || target.expected_crc32 !== null) return
        const { expected_crc32, listed_by } = source
        Object.assign(source, NO_EXPECTATION)
        rows.set(file, Object.assign(target, { expected_crc32, listed_by }))
      }),
    'race.diz-added': (fact, view) =>
      changed(view, raceOf(fact), ({ rows, zips }) => {
        const { file, folder, expectedFiles: expected_files } = fact.data
        const files = goodZips(rows, folder)
        zips.set(folder, { race_id: raceOf(fact), folder, file, expected_files, files })
      }),
    'race.audio-tagged': (fact) => {
      const { artist, album, genre, year, codec, kbps, isVbr, sampleRateHz } = fact.data
      const said = { artist, album, genre, year, codec, kbps }
      const more = { is_vbr: isVbr, sample_rate_hz: sampleRateHz }
      return [put(raceAudio, { race_id: raceOf(fact), ...said, ...more })]
    },
    'race.file-deleted': fileGone,
    'race.file-wiped': fileGone,
    'race.file-lost': fileGone,
    'race.sfv-replaced': fileGone,
    'race.file-renamed': (fact, view) =>
      changed(view, raceOf(fact), ({ rows, zips }) => {
        const { from, to } = fact.data
        const source = rows.get(from)
        if (!source) return
        const { member, group, size_bytes, crc32, duration_ms, accepted_at, bad } = source
        const moved = { member, group, size_bytes, crc32, duration_ms, accepted_at, bad }
        const target = rows.get(to) ?? { race_id: raceOf(fact), file: to, ...NOTHING }
        Object.assign(source, NO_FILE)
        rows.set(to, Object.assign(target, moved))
        for (const row of rows.values()) if (row.listed_by === from) row.listed_by = to
        const set = zips.get(folderOf(from))
        // Else it is forgotten, as what it told of is elsewhere.
        const isAsBefore = isZip(from) === isZip(to) && folderOf(to) === folderOf(from)
        if (set?.file === from && isAsBefore) set.file = to
      }),
  },
})

function endUpload(
  fact: FactOf<'race.upload-aborted' | 'race.file-rejected' | 'race.speed-tested'>,
  view: View,
): readonly Write[] {
  const { file, uploadId } = fact.data
  const row = view.rows(raceFiles, raceOf(fact)).find((each) => each.file === file)
  return row?.upload_id === uploadId ? [keep({ ...row, ...NO_UPLOAD })] : []
}

/** A file is here that was not. */
function filePut(
  fact: FactOf<'race.file-accepted' | 'race.file-found'>,
  view: View,
  by: { member: string | null; group: string | null; duration_ms: number },
): readonly Write[] {
  const race_id = raceOf(fact)
  const { file, sizeBytes: size_bytes, crc32, verified } = fact.data
  const sums = noProgress()
  countFile(sums, { file, size_bytes }, 1)
  if (verified) sums.files_done++
  const accepted = { ...by, size_bytes, crc32, accepted_at: fact.meta.at, bad: false }
  return [
    upsert(raceFiles, { race_id, file }, { ...accepted, ...NO_UPLOAD }, NOTHING),
    ...countZip(view, race_id, file, 1, sums),
    ...progressBy(race_id, sums),
  ]
}

/** A file that is here is bad now, or good after all; then it is as it is listed. */
function judged(
  fact: FactOf<'race.file-marked-bad' | 'race.file-cleared'>,
  view: View,
  bad: boolean,
): readonly Write[] {
  const race_id = raceOf(fact)
  const { file, sizeBytes: size_bytes } = fact.data
  const sums = noProgress()
  countFile(sums, { file, size_bytes }, bad ? -1 : 1)
  if (!bad) sums.files_done++
  return [
    update(raceFiles, { race_id, file }, { bad }),
    ...countZip(view, race_id, file, bad ? -1 : 1, sums),
    ...progressBy(race_id, sums),
  ]
}

type Gone = 'race.file-deleted' | 'race.file-wiped' | 'race.file-lost' | 'race.sfv-replaced'

/** A file is here no longer, and what it listed is expected no longer. */
function fileGone(fact: FactOf<Gone>, view: View): readonly Write[] {
  const { file, member, counted } = fact.data
  const change = ({ rows }: Look): void => {
    const row = rows.get(file)
    if (row) Object.assign(row, NO_FILE)
    for (const each of rows.values()) {
      if (each.listed_by === file) Object.assign(each, NO_EXPECTATION)
    }
  }
  return [...changed(view, raceOf(fact), change), ...(counted ? [racer(fact, member, '', -1)] : [])]
}

function racer(
  fact: FactOf<Gone | 'race.file-accepted' | 'race.file-marked-bad' | 'race.file-cleared'>,
  member: string,
  group: string,
  sign: 1 | -1,
): Write {
  const { sizeBytes, durationMs } = fact.data
  const none = { group, files: 0, size_bytes: 0, duration_ms: 0 }
  const by = {
    files: sign,
    size_bytes: sign * sizeBytes,
    duration_ms: sign * Math.round(durationMs),
  }
  return increment(raceRacers, { race_id: raceOf(fact), member }, by, none)
}
