import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  type AcceptedFile,
  RACE_REFUSALS,
  type RaceCommand,
  type RaceContext,
} from '#actors/race/race.commands.ts'
import { withConsequences } from '#actors/race/race.foresee.ts'
import type { RaceDecided } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

type CommandOf<T extends RaceCommand['type']> = Extract<RaceCommand, { type: T }>

/** A command has 4,096 facts at most, and what follows from these are some more. */
const AT_ONCE = 4_000

/** The release goes with all its files, and everybody keeps their credits. */
export function wipe(race: Readonly<RaceContext>): RaceDecided[] {
  const [busy] = Object.entries(race.uploads)
  if (busy) throw isBusy(busy[0], busy[1].member)
  const { fileCount: files, sizeBytes } = race
  return [{ type: 'race.wiped', data: { files, sizeBytes } }]
}

export function wipePath(
  race: Readonly<RaceContext>,
  { path }: CommandOf<'race.wipe-path'>,
  env: DecideEnv,
  state: ActorState<RaceContext>,
): RaceDecided[] {
  const isDirectory = entryOf(race.directories, path) !== undefined
  const isIn = (name: string) => name === path || (isDirectory && name.startsWith(`${path}/`))
  const busy = Object.entries(race.uploads).find(([name]) => isIn(name))
  if (busy) throw isBusy(busy[0], busy[1].member)
  const files = Object.entries(race.files).filter(([name]) => isIn(name))
  if (files.length === 0 && !isDirectory) {
    throw new Refusal(RACE_REFUSALS.noSuchFile, `There is no file ${path}.`, { file: path })
  }
  const directories = Object.keys(race.directories).filter(isIn)
  if (files.length + directories.length > AT_ONCE) {
    const words = `That are more than ${AT_ONCE} entries: wipe parts of it, or the whole release.`
    throw new Refusal(RACE_REFUSALS.tooManyFiles, words)
  }
  const gone: RaceDecided[] = files.map(([file, figures]) => {
    return { type: 'race.file-wiped', data: { file, ...figuresOf(figures) } }
  })
  const emptied: RaceDecided[] = directories
    // Inner ones first.
    .toSorted((a, b) => b.length - a.length)
    .map((directory) => ({ type: 'race.directory-removed', data: { directory } }))
  return withConsequences(state, [...gone, ...emptied], env)
}

/** What a fact about a file that is gone says of it. */
export function figuresOf({ member, sizeBytes, durationMs, counted, isBad }: AcceptedFile) {
  return { member, sizeBytes, durationMs, counted: counted && !isBad }
}

function isBusy(file: string, member: string): Refusal {
  const words = `${file} is being uploaded by ${member}.`
  return new Refusal(RACE_REFUSALS.fileBusy, words, { file, member })
}
