import { type DecideEnv, mayChange } from '#actors/kernel/define-actor.ts'
import { RACE_REFUSALS, type RaceCommand, type RaceContext } from '#actors/race/race.commands.ts'
import type { RaceDecided } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

type CommandOf<T extends RaceCommand['type']> = Extract<RaceCommand, { type: T }>

export function touchFile(
  race: Readonly<RaceContext>,
  { file, modifiedAtMs }: CommandOf<'race.touch-file'>,
  env: DecideEnv,
): RaceDecided[] {
  const present = entryOf(race.files, file)
  if (!present) throw noSuchFile(file)
  assertMayChange(present.member, file, env)
  if ((present.modifiedAtMs ?? present.acceptedAtMs) === modifiedAtMs) return []
  return [{ type: 'race.file-touched', data: { file, modifiedAtMs } }]
}

export function setMode(
  race: Readonly<RaceContext>,
  { path, mode }: CommandOf<'race.set-mode'>,
  env: DecideEnv,
): RaceDecided[] {
  const file = entryOf(race.files, path)
  const isDirectory = path === '' || entryOf(race.directories, path) !== undefined
  if (!file && !isDirectory) throw noSuchFile(path)
  assertMayChange(file?.member ?? race.maker, path || race.release, env)
  return entryOf(race.modes, path) === mode ? [] : [{ type: 'race.mode-set', data: { path, mode } }]
}

function assertMayChange(member: string, file: string, env: DecideEnv): void {
  if (mayChange(member, env)) return
  throw new Refusal(RACE_REFUSALS.notYours, `${file} belongs to ${member}.`, { file, member })
}

function noSuchFile(file: string): Refusal {
  return new Refusal(RACE_REFUSALS.noSuchFile, `There is no file ${file}.`, { file })
}
