import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import { foresee } from '#actors/race/race.foresee.ts'
import { figuresOf } from '#actors/race/race.wipe.ts'
import { parseSfv, type SfvEntry } from '#actors/race/sfv.ts'
import type { RaceDecided, Rejection } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { folderOf } from '#events/release-paths.ts'

/** That it has come: from a member, or by hand. */
type Accepted = Extract<RaceDecided, { type: 'race.file-accepted' | 'race.file-found' }>

/**
 * An sfv with what it means for the files that came before it, or why it is not taken. Of two in
 * one folder both count as long as they agree; where they do not, the one that fits more of the
 * files that are here takes the other's place. To a complete release a further one has to say
 * what it did not know of the files that are here: else anybody could make it incomplete.
 */
export function acceptSfv(
  race: Readonly<RaceContext>,
  isComplete: boolean,
  text: string,
  came: Accepted,
  env: DecideEnv,
): RaceDecided[] | Rejection {
  const { file } = came.data
  const parsed = parseSfv(text, folderOf(file))
  if (!parsed) return 'sfv-invalid'
  const entries = asPresent(race, parsed)
  const rivals = rivalsOf(race, file, entries)
  const replaced = rivals.map((sfv): RaceDecided => {
    return { type: 'race.sfv-replaced', data: { file: sfv, ...figuresOf(race.files[sfv]!) } }
  })
  const accepted = withoutWhatGoes(race, replaced, came, env)
  const added: RaceDecided = { type: 'race.sfv-added', data: { file, entries } }
  const after = foresee(race, [...replaced, accepted, added], env)
  const hasRival = Object.keys(race.sfvs).some((sfv) => folderOf(sfv) === folderOf(file))
  if (hasRival && !isBetter(race, after, rivals.length > 0)) return 'sfv-not-better'
  const isFurther = hasRival || speaksOfKnown(race, folderOf(file))
  if (isComplete && isFurther && fitsOf(after) <= fitsOf(race)) return 'sfv-not-better'
  return [...replaced, accepted, added, ...judge(race, after, entries)]
}

/** An sfv may have been listed by one that it replaces: then it arrives as one that is not listed. */
function withoutWhatGoes(
  race: Readonly<RaceContext>,
  replaced: readonly RaceDecided[],
  came: Accepted,
  env: DecideEnv,
): Accepted {
  if (replaced.length === 0 || !came.data.verified) return came
  const { expected } = foresee(race, replaced, env)
  const verified = entryOf(expected, came.data.file) === came.data.crc32
  return { ...came, data: { ...came.data, verified } } as Accepted
}

/** An sfv of the same name, and those in its folder that say otherwise about a file. */
function rivalsOf(
  race: Readonly<RaceContext>,
  file: string,
  entries: readonly SfvEntry[],
): string[] {
  const denied = new Set(
    entries.filter(([path, crc32]) => crc32 !== (entryOf(race.expected, path) ?? crc32)).map(first),
  )
  return Object.entries(race.sfvs)
    .filter(([sfv, listed]) => {
      if (entryOf(race.files, sfv) === undefined) return false
      if (sfv === file) return true
      return folderOf(sfv) === folderOf(file) && listed.some((path) => denied.has(path))
    })
    .map(first)
}

/**
 * More of the files that are here fit; or as many do, nothing that was listed is missing, and
 * more is listed.
 */
function isBetter(
  before: Readonly<RaceContext>,
  after: Readonly<RaceContext>,
  replaces: boolean,
): boolean {
  const [old, fresh] = [fitsOf(before), fitsOf(after)]
  if (replaces && fresh !== old) return fresh > old
  if (after.expectedCount <= before.expectedCount) return false
  return Object.keys(before.expected).every((path) => entryOf(after.expected, path) !== undefined)
}

/** What belongs in the folder is known: it is the release itself, or a diz says so. */
function speaksOfKnown({ zips }: Readonly<RaceContext>, folder: string): boolean {
  return folder === '' || entryOf(zips, folder) !== undefined
}

/** The files that have the checksum by which they are listed, bad ones too. */
function fitsOf({ expected, files }: Readonly<RaceContext>): number {
  const fits = ([path, crc32]: [string, string]) => entryOf(files, path)?.crc32 === crc32
  return Object.entries(expected).filter(fits).length
}

/** What a better sfv makes of the files that are here. */
function judge(
  before: Readonly<RaceContext>,
  after: Readonly<RaceContext>,
  entries: readonly SfvEntry[],
): RaceDecided[] {
  return entries.flatMap(([path]): RaceDecided[] => {
    const expectedCrc32 = entryOf(after.expected, path)
    const present = entryOf(after.files, path)
    if (!present || expectedCrc32 === undefined) return []
    const { member, group, crc32, sizeBytes, durationMs, counted, isBad } = present
    const figures = { file: path, member, sizeBytes, durationMs, counted, crc32 }
    if (isBad && crc32 === expectedCrc32) {
      const credited = !present.isUncredited
      const inStatistics = !present.isOutsideStatistics
      const data = { ...figures, group, credited, inStatistics }
      return [{ type: 'race.file-cleared', data }]
    }
    if (isBad || entryOf(before.expected, path) === expectedCrc32) return []
    return crc32 === expectedCrc32
      ? [{ type: 'race.file-verified', data: { file: path } }]
      : [{ type: 'race.file-marked-bad', data: { ...figures, expectedCrc32 } }]
  })
}

/** The entries by the names of the files that are here, where only the case of letters differs. */
function asPresent(race: Readonly<RaceContext>, entries: readonly SfvEntry[]): SfvEntry[] {
  const named = new Set(entries.map(first))
  const present = new Map<string, string | undefined>()
  for (const path of Object.keys(race.files)) {
    if (named.has(path)) continue
    const folded = path.toLowerCase()
    // Two that differ in case alone: it cannot be said which is meant.
    present.set(folded, present.has(folded) ? undefined : path)
  }
  const mapped = entries.map(([path, crc32]): SfvEntry => {
    const isKnown = entryOf(race.files, path) ?? entryOf(race.expected, path)
    const here = isKnown === undefined ? present.get(path.toLowerCase()) : undefined
    return [here ?? path, crc32]
  })
  // Two entries of an odd sfv may have met in one name.
  return [...new Map(mapped)]
}

function first<T>([key]: readonly [T, ...unknown[]]): T {
  return key
}
