import { RACE_REFUSALS, type RaceContext } from '#actors/race/race.commands.ts'
import { entryOf, isPlainKey } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { folderOf } from '#events/release-paths.ts'

/** Files and directories of one release, together. */
const ENTRIES = 10_000

/** A new file or directory: its folder is there, and the release is not full. */
export function assertNewEntry(race: Readonly<RaceContext>, path: string): void {
  if (!path.split('/').every(isPlainKey)) {
    throw new Refusal(RACE_REFUSALS.invalidName, `${path} cannot be a name.`, { file: path })
  }
  const parent = folderOf(path)
  if (parent !== '' && !entryOf(race.directories, parent)) throw noSuchDirectory(parent)
  if (race.fileCount + Object.keys(race.directories).length >= ENTRIES) {
    const words = `A release has at most ${ENTRIES} entries.`
    throw new Refusal(RACE_REFUSALS.tooManyFiles, words)
  }
}

export function noSuchDirectory(directory: string): Refusal {
  const words = `There is no directory ${directory}.`
  return new Refusal(RACE_REFUSALS.noSuchDirectory, words, { directory })
}

/** Whether two names are the same but for the case of their letters. */
export function isVariant(one: string, other: string): boolean {
  return one !== other && one.length === other.length && one.toLowerCase() === other.toLowerCase()
}

/** The name by which an sfv lists a file: its own, or the one that differs in case alone. */
export function listedAs(
  { expected, files }: Readonly<RaceContext>,
  file: string,
): string | undefined {
  if (entryOf(expected, file) !== undefined) return file
  const others = Object.keys(expected).filter((path) => {
    return isVariant(path, file) && entryOf(files, path) === undefined
  })
  return others.length === 1 ? others[0] : undefined
}
