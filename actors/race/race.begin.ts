import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import {
  RACE_REFUSALS,
  type RaceCommand,
  type RaceContext,
  type RunningUpload,
} from '#actors/race/race.commands.ts'
import { assertNewEntry, isVariant } from '#actors/race/race.entries.ts'
import type { RaceDecided } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { isBeside, isDiz, isNfo, isSfv, isZip } from '#events/release-kind.ts'
import { folderOf } from '#events/release-paths.ts'

type Begin = Extract<RaceCommand, { type: 'race.begin-upload' }>

/** Whether a file may come is said before its first byte. */
export function beginUpload(
  race: Readonly<RaceContext>,
  command: Begin,
  env: DecideEnv,
): RaceDecided[] {
  const { file, uploadId, group, offsetBytes } = command
  if (race.nuke) throw new Refusal(RACE_REFUSALS.nuked, `${race.release} is nuked.`)
  const present = entryOf(race.files, file)
  if (!mayBeBettered(race, file, env)) assertNotHere(race, file)
  assertNoVariantBusy(race, file)
  if (!present) assertNewEntry(race, file)
  if (entryOf(race.directories, file)) {
    throw new Refusal(RACE_REFUSALS.directoryExists, `${file} is a directory.`, { file })
  }
  assertOrder(race, command)
  const started: RaceDecided = {
    type: 'race.upload-started',
    data: { file, uploadId, group, offsetBytes },
  }
  const running = entryOf(race.uploads, file)
  if (!running) return [started]
  if (running.member !== env.by || running.connection === env.connection)
    throw isBusy(file, running)
  // The same member comes back by another connection: the old one is a ghost.
  const aborted = { file, uploadId: running.uploadId, receivedBytes: 0, reason: 'replaced' }
  return [{ type: 'race.upload-aborted', data: aborted }, started]
}

/**
 * An sfv may come again from who has brought it, and from anybody when something here does not
 * fit it. Otherwise it is a dupe, and a race's second copy of it is refused like any other.
 */
function mayBeBettered(race: Readonly<RaceContext>, sfv: string, env: DecideEnv): boolean {
  if (!isSfv(sfv)) return false
  if (entryOf(race.files, sfv)?.member === env.by) return true
  const folder = folderOf(sfv)
  return Object.entries(race.files).some(([path, { isBad, counted }]) => {
    if (folderOf(path) !== folder) return false
    return isBad || (counted && entryOf(race.expected, path) === undefined)
  })
}

/** The sfv lists `FILE.RAR`, and that is under way: `file.rar` is the same file. */
function assertNoVariantBusy(race: Readonly<RaceContext>, file: string): void {
  if (entryOf(race.expected, file) !== undefined) {
    const other = Object.keys(race.uploads).find((path) => isVariant(path, file))
    if (other !== undefined && !isListed(race, other)) throw isBusy(other, race.uploads[other]!)
    return
  }
  if (!Object.keys(race.expected).some((path) => isVariant(path, file))) return
  const running = Object.keys(race.uploads).find((path) => isVariant(path, file))
  if (running !== undefined) throw isBusy(running, race.uploads[running]!)
}

/** Nothing good is here by the name, or by the listed one that differs in case alone. */
export function assertNotHere(race: Readonly<RaceContext>, file: string): void {
  const isListed = entryOf(race.expected, file) !== undefined
  const others = isListed ? [] : Object.keys(race.expected).filter((path) => isVariant(path, file))
  for (const path of [file, ...others]) {
    const present = entryOf(race.files, path)
    if (present && !present.isBad) throw isHere(path, present.member)
  }
}

function isListed(race: Readonly<RaceContext>, path: string): boolean {
  return entryOf(race.expected, path) !== undefined
}

/** What the section wants to be here before other files. */
function assertOrder(race: Readonly<RaceContext>, { file, rules }: Begin): void {
  if (rules?.isOneNfo && isNfo(file)) assertOneNfo(race, file)
  if (rules?.isNfoFirst && !isNfo(file) && !Object.keys(race.files).some(isNfo)) {
    throw new Refusal(RACE_REFUSALS.nfoFirst, 'Upload the nfo first.', { file })
  }
  if (rules?.isSfvFirst && !comesBeforeSfv(file) && !hasSfv(race, file)) {
    throw new Refusal(RACE_REFUSALS.sfvFirst, 'Upload the sfv first.', { file })
  }
}

function assertOneNfo(race: Readonly<RaceContext>, file: string): void {
  const folder = folderOf(file)
  const isOther = (path: string) => path !== file && isNfo(path) && folderOf(path) === folder
  const other = [...Object.keys(race.files), ...Object.keys(race.uploads)].find(isOther)
  if (other === undefined) return
  throw new Refusal(RACE_REFUSALS.oneNfo, `There is an nfo already: ${other}.`, { file })
}

/** Zips tell of each other by their diz, and samples and the like are in no sfv. */
function comesBeforeSfv(file: string): boolean {
  return isSfv(file) || isNfo(file) || isDiz(file) || isZip(file) || isBeside(file)
}

/** There is an sfv in the file's folder, or one elsewhere that lists the file. */
function hasSfv(race: Readonly<RaceContext>, file: string): boolean {
  if (entryOf(race.expected, file) !== undefined) return true
  const folder = folderOf(file)
  return Object.keys(race.sfvs).some((sfv) => folderOf(sfv) === folder)
}

function isHere(file: string, member: string): Refusal {
  const words = `${file} is here already, uploaded by ${member}.`
  return new Refusal(RACE_REFUSALS.fileExists, words, { file, member })
}

function isBusy(file: string, { member }: RunningUpload): Refusal {
  const words = `${file} is being uploaded by ${member}.`
  return new Refusal(RACE_REFUSALS.fileBusy, words, { file, member })
}
