import { type DecideEnv, mayChange } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  type AcceptedFile,
  RACE_REFUSALS,
  type RaceCommand,
  type RaceContext,
} from '#actors/race/race.commands.ts'
import { assertNewEntry } from '#actors/race/race.entries.ts'
import { withConsequences } from '#actors/race/race.foresee.ts'
import { figuresOf } from '#actors/race/race.wipe.ts'
import type { RaceDecided } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { isSfv } from '#events/release-kind.ts'

type CommandOf<T extends RaceCommand['type']> = Extract<RaceCommand, { type: T }>

export function deleteFile(
  race: Readonly<RaceContext>,
  { file }: CommandOf<'race.delete-file'>,
  env: DecideEnv,
  state: ActorState<RaceContext>,
): RaceDecided[] {
  const figures = figuresOf(ownFile(race, file, env))
  return withConsequences(state, [{ type: 'race.file-deleted', data: { file, ...figures } }], env)
}

export function renameFile(
  race: Readonly<RaceContext>,
  { from, to }: CommandOf<'race.rename-file'>,
  env: DecideEnv,
  state: ActorState<RaceContext>,
): RaceDecided[] {
  const file = ownFile(race, from, env)
  if (from === to) return []
  assertNewEntry(race, to)
  if (entryOf(race.files, to) || entryOf(race.uploads, to) || entryOf(race.directories, to)) {
    const member = entryOf(race.files, to)?.member
    throw new Refusal(RACE_REFUSALS.fileExists, `${to} is here already.`, { file: to, member })
  }
  if (file.isBad) {
    const words = `${from} is bad: delete it or upload it again.`
    throw new Refusal(RACE_REFUSALS.fileBad, words, { file: from })
  }
  if (isSfv(from) !== isSfv(to)) {
    const words = 'A file becomes an sfv by being uploaded, and stays one.'
    throw new Refusal(RACE_REFUSALS.invalidName, words, { file: to })
  }
  const expected = entryOf(race.expected, to)
  if (expected !== undefined && expected !== file.crc32) {
    const words = `${to} is listed with CRC32 ${expected}, this file has ${file.crc32}.`
    const fields = { file: to, crc32: file.crc32, expectedCrc32: expected }
    throw new Refusal(RACE_REFUSALS.crcMismatch, words, fields)
  }
  return withConsequences(state, [{ type: 'race.file-renamed', data: { from, to } }], env)
}

/** The file, if the member may change it: its uploader may, and whom the policy grants it. */
function ownFile(race: Readonly<RaceContext>, path: string, env: DecideEnv): AcceptedFile {
  const file = entryOf(race.files, path)
  if (!file) {
    throw new Refusal(RACE_REFUSALS.noSuchFile, `There is no file ${path}.`, { file: path })
  }
  if (mayChange(file.member, env)) return file
  const { member } = file
  throw new Refusal(RACE_REFUSALS.notYours, `${path} belongs to ${member}.`, { file: path, member })
}
