import type { AcceptedFile, RaceContext, ZipSet } from '#actors/race/race.commands.ts'
import type { RaceFact } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { isDisc, isZip } from '#events/release-kind.ts'
import { folderOf } from '#events/release-paths.ts'

type FactData<T extends RaceFact['type']> = Extract<RaceFact, { type: T }>['data']

export const emptyRace = (): RaceContext => ({
  section: '',
  release: '',
  maker: '',
  directories: {},
  files: {},
  uploads: {},
  partials: {},
  expected: {},
  sfvs: {},
  racers: {},
  expectedCount: 0,
  doneCount: 0,
  fileCount: 0,
  sizeBytes: 0,
  leader: null,
  isStarted: false,
  isHalfway: false,
  firstUploadAtMs: null,
  zips: {},
  modes: {},
  nuke: null,
  published: null,
  audio: null,
})

export function isDone(race: Readonly<RaceContext>, path: string): boolean {
  const file = entryOf(race.files, path)
  return file !== undefined && !file.isBad && entryOf(race.expected, path) === file.crc32
}

/** Adds (1) or takes away (-1) a file's figures. */
function countFile(race: RaceContext, file: AcceptedFile, sign: 1 | -1): void {
  race.sizeBytes += sign * file.sizeBytes
  if (!file.counted) return
  const racer = entryOf(race.racers, file.member) ?? {
    group: file.group,
    files: 0,
    sizeBytes: 0,
    durationMs: 0,
  }
  race.racers[file.member] = {
    group: racer.group,
    files: racer.files + sign,
    sizeBytes: racer.sizeBytes + sign * file.sizeBytes,
    durationMs: racer.durationMs + sign * file.durationMs,
  }
}

export function removeFile(race: RaceContext, path: string): void {
  const file = entryOf(race.files, path)
  if (!file) return
  if (isDone(race, path)) race.doneCount--
  if (!file.isBad) countFile(race, file, -1)
  delete race.files[path]
  race.fileCount--
  if (!file.isBad) countZip(race, path, -1)
}

export function addFile(race: RaceContext, path: string, file: AcceptedFile): void {
  removeFile(race, path)
  race.files[path] = file
  race.fileCount++
  countFile(race, file, 1)
  if (isDone(race, path)) race.doneCount++
  countZip(race, path, 1)
}

export function markBad(race: RaceContext, path: string): void {
  const file = entryOf(race.files, path)
  if (!file || file.isBad) return
  if (isDone(race, path)) race.doneCount--
  countFile(race, file, -1)
  countZip(race, path, -1)
  race.files[path] = { ...file, isBad: true }
}

/** It is good after all: a better sfv lists it as it is. */
export function clearFile(race: RaceContext, path: string): void {
  const file = entryOf(race.files, path)
  if (!file?.isBad) return
  race.files[path] = { ...file, isBad: false }
  countFile(race, file, 1)
  if (isDone(race, path)) race.doneCount++
  countZip(race, path, 1)
}

/** What tells of the zips in a folder tells of them by another name there too. */
export function renameFile(race: RaceContext, from: string, to: string): void {
  const file = entryOf(race.files, from)
  if (!file) return
  const folder = folderOf(from)
  const set = entryOf(race.zips, folder)
  removeFile(race, from)
  addFile(race, to, file)
  const isAsBefore = isZip(from) === isZip(to) && folderOf(to) === folder
  if (set?.file === from && isAsBefore) setZips(race, folder, { ...set, file: to })
}

/** What is listed under one name is expected under another from now on. */
export function renameExpected(race: RaceContext, listed: string, file: string): void {
  const crc32 = entryOf(race.expected, listed)
  if (crc32 === undefined || entryOf(race.expected, file) !== undefined) return
  if (isDone(race, listed)) race.doneCount--
  delete race.expected[listed]
  race.expected[file] = crc32
  if (isDone(race, file)) race.doneCount++
  for (const [sfv, brought] of Object.entries(race.sfvs)) {
    if (brought.includes(listed)) {
      race.sfvs[sfv] = brought.map((path) => (path === listed ? file : path))
    }
  }
}

/** Directories for one of several discs of which no sfv or diz says what belongs in them. */
export function discsWithoutList({ directories, sfvs, zips }: Readonly<RaceContext>): string[] {
  return Object.keys(directories).filter((disc) => {
    if (!isDisc(disc) || entryOf(zips, disc)) return false
    return !Object.entries(sfvs).some(([sfv, brought]) => {
      return folderOf(sfv) === disc || brought.some((path) => path.startsWith(`${disc}/`))
    })
  })
}

export function addSfv(race: RaceContext, { file, entries }: FactData<'race.sfv-added'>): void {
  const brought: string[] = []
  for (const [path, crc32] of entries) {
    if (entryOf(race.expected, path) !== undefined) continue
    race.expected[path] = crc32
    race.expectedCount++
    brought.push(path)
    if (isDone(race, path)) race.doneCount++
  }
  race.sfvs[file] = brought
  // What an sfv lists is counted by the sfv alone.
  for (const folder of new Set(brought.filter(isZip).map(folderOf)))
    setZips(race, folder, undefined)
}

export function removeSfv(race: RaceContext, path: string): void {
  for (const expected of entryOf(race.sfvs, path) ?? []) {
    if (isDone(race, expected)) race.doneCount--
    delete race.expected[expected]
    race.expectedCount--
  }
  delete race.sfvs[path]
}

/** A diz speaks for its folder, until an sfv lists the zips there. */
export function addDiz(race: RaceContext, data: FactData<'race.diz-added'>): void {
  const { file, folder, expectedFiles, text } = data
  const files = Object.keys(race.files).filter((path) => {
    return isZip(path) && folderOf(path) === folder && entryOf(race.files, path)?.isBad === false
  }).length
  setZips(race, folder, { file, expectedFiles, files, text })
}

/** A good file has come (1) or gone (-1). With the one that tells of the zips that is forgotten. */
function countZip(race: RaceContext, path: string, sign: 1 | -1): void {
  const folder = folderOf(path)
  const set = entryOf(race.zips, folder)
  if (!set) return
  if (set.file === path && sign < 0) setZips(race, folder, undefined)
  else if (isZip(path)) setZips(race, folder, { ...set, files: set.files + sign })
}

function setZips(race: RaceContext, folder: string, set: ZipSet | undefined): void {
  const before = entryOf(race.zips, folder)
  race.expectedCount += (set?.expectedFiles ?? 0) - (before?.expectedFiles ?? 0)
  race.doneCount += zipsDone(set) - zipsDone(before)
  if (set) race.zips[folder] = set
  else delete race.zips[folder]
}

/** Of the zips that a diz speaks of, how many are here. */
export function zipsDone(set: ZipSet | undefined): number {
  return set ? Math.min(set.files, set.expectedFiles) : 0
}
