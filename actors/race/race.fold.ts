import type { RaceContext } from '#actors/race/race.commands.ts'
import {
  addDiz,
  addFile,
  addSfv,
  clearFile,
  markBad,
  removeFile,
  removeSfv,
  renameExpected,
  renameFile,
} from '#actors/race/race.counts.ts'
import type { RaceFact } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'

type Of<T extends RaceFact['type']> = Extract<RaceFact, { type: T }>
type Fold<T extends RaceFact['type']> = (race: RaceContext, fact: Of<T>) => void

/** So many broken-off uploads of a race can be resumed. */
const PARTIALS = 1_000

/** What a fact does to the race, whose records are changed in place. */
export const raceFolds: { readonly [T in RaceFact['type']]: Fold<T> } = {
  'race.created': (race, { data, meta }) => {
    race.section = data.section
    race.release = data.release
    race.maker = meta.by ?? ''
  },
  'race.directory-made': (race, { data }) => {
    race.directories[data.directory] = true
  },
  'race.directory-removed': (race, { data }) => {
    delete race.directories[data.directory]
    delete race.modes[data.directory]
  },
  'race.upload-started': (race, { data, meta }) => {
    race.firstUploadAtMs ??= meta.at
    race.uploads[data.file] = {
      uploadId: data.uploadId,
      member: meta.by ?? '',
      group: data.group,
      connection: meta.connection,
      startedAtMs: meta.at,
    }
    delete race.partials[data.file]
  },
  'race.upload-aborted': (race, { data, meta }) => {
    const upload = entryOf(race.uploads, data.file)
    if (!upload || upload.uploadId !== data.uploadId) return
    const { uploadId, member } = upload
    delete race.uploads[data.file]
    if (data.receivedBytes === 0) return
    const { receivedBytes } = data
    race.partials[data.file] = { uploadId, member, receivedBytes, leftAtMs: meta.at }
    forgetOldest(race.partials)
  },
  'race.file-accepted': (race, { data, meta }) => {
    delete race.uploads[data.file]
    const { uploadId, group, sizeBytes, crc32, durationMs, counted, credited, inStatistics } = data
    addFile(race, data.file, {
      uploadId,
      member: meta.by ?? '',
      group,
      sizeBytes,
      crc32,
      durationMs,
      acceptedAtMs: meta.at,
      counted,
      isBad: false,
      ...(!credited && { isUncredited: true }),
      ...(!inStatistics && { isOutsideStatistics: true }),
    })
  },
  'race.file-found': (race, { data, meta }) => {
    const { file, uploadId, sizeBytes, crc32, modifiedAtMs } = data
    addFile(race, file, {
      uploadId,
      member: '',
      group: '',
      sizeBytes,
      crc32,
      durationMs: 0,
      acceptedAtMs: meta.at,
      counted: false,
      isBad: false,
      isUncredited: true,
      modifiedAtMs,
    })
  },
  'race.file-rejected': endUpload,
  'race.speed-tested': endUpload,
  'race.sfv-added': (race, { data }) => addSfv(race, data),
  'race.diz-added': (race, { data }) => addDiz(race, data),
  'race.audio-tagged': (race, { data }) => {
    const { file: _file, ...tags } = data
    race.audio = tags
  },
  'race.file-verified': () => {},
  'race.entry-matched': (race, { data }) => renameExpected(race, data.listed, data.file),
  'race.file-cleared': (race, { data }) => clearFile(race, data.file),
  'race.file-warned': () => {},
  'race.file-marked-bad': (race, { data }) => markBad(race, data.file),
  'race.file-deleted': removed,
  'race.file-wiped': removed,
  'race.file-lost': removed,
  'race.sfv-replaced': removed,
  'race.file-renamed': (race, { data }) => {
    renameFile(race, data.from, data.to)
    const mode = entryOf(race.modes, data.from)
    delete race.modes[data.from]
    if (mode !== undefined) race.modes[data.to] = mode
    const brought = entryOf(race.sfvs, data.from)
    if (!brought) return
    delete race.sfvs[data.from]
    race.sfvs[data.to] = brought
  },
  'race.file-touched': (race, { data }) => {
    const file = entryOf(race.files, data.file)
    if (file) race.files[data.file] = { ...file, modifiedAtMs: data.modifiedAtMs }
  },
  'race.mode-set': (race, { data }) => {
    race.modes[data.path] = data.mode
  },
  'race.started': (race, { data }) => {
    race.isStarted = true
    race.leader = data.member
  },
  'race.racer-joined': () => {},
  'race.leader-changed': (race, { data }) => {
    race.leader = data.leader.member
  },
  'race.halfway-reached': (race) => {
    race.isHalfway = true
  },
  'race.completed': () => {},
  'race.became-incomplete': () => {},
  'race.nuked': (race, { id, data, meta }) => {
    const { multiplier, reason, name } = data
    race.nuke = { fact: id, by: meta.by ?? '', atMs: meta.at, multiplier, reason, name }
  },
  'race.unnuked': (race) => {
    race.nuke = null
  },
  'race.published': (race, { data, meta }) => {
    race.published = { group: data.group, from: data.from, atMs: meta.at }
    // They are credited, and count, by this fact.
    for (const [path, file] of Object.entries(race.files)) {
      const { isUncredited: _paid, isOutsideStatistics: _counted, ...published } = file
      if (file.member !== '') race.files[path] = published
    }
  },
  'race.renamed': (race, { data }) => {
    race.section = data.section
    race.release = data.release
  },
  'race.removed': () => {},
  'race.wiped': () => {},
}

/** The disk keeps them for some hours only, and who breaks off uploads may use ever new names. */
function forgetOldest(partials: RaceContext['partials']): void {
  const left = Object.entries(partials)
  if (left.length <= PARTIALS) return
  const [oldest] = left.reduce((one, other) => (other[1].leftAtMs < one[1].leftAtMs ? other : one))
  delete partials[oldest]
}

function endUpload(
  race: RaceContext,
  { data }: Of<'race.file-rejected' | 'race.speed-tested'>,
): void {
  delete race.uploads[data.file]
}

/** A file that is there no longer, with what it listed. */
function removed(
  race: RaceContext,
  { data }: Of<'race.file-deleted' | 'race.file-wiped' | 'race.file-lost' | 'race.sfv-replaced'>,
): void {
  removeFile(race, data.file)
  removeSfv(race, data.file)
  delete race.modes[data.file]
}
