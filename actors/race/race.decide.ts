import { type DecideEnv, mayChange } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  type AcceptedFile,
  RACE_REFUSALS,
  type RaceCommand,
  type RaceContext,
} from '#actors/race/race.commands.ts'
import { finishUpload, isSfv } from '#actors/race/race.finish.ts'
import { consequencesOf, takeFromTally, type Tally, tallyOf } from '#actors/race/race.standings.ts'
import type { RaceDecided } from '#events/race.facts.ts'
import { entryOf, isPlainKey } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

type State = ActorState<RaceContext>
type CommandOf<T extends RaceCommand['type']> = Extract<RaceCommand, { type: T }>

/** Files and directories of one release, together. */
const ENTRIES = 10_000

/** What a race does with each command. The state is never `absent` or `removed` in here. */
const decisions: {
  [T in RaceCommand['type']]: (
    race: Readonly<RaceContext>,
    command: CommandOf<T>,
    env: DecideEnv,
    state: State,
  ) => RaceDecided[]
} = {
  'race.create': () => [],
  'race.make-directory': makeDirectory,
  'race.remove-directory': removeDirectory,
  'race.begin-upload': beginUpload,
  'race.finish-upload': (race, command, env, state) =>
    finishUpload(race, command, env, state.value === 'complete'),
  'race.abort-upload': (race, { file, uploadId, receivedBytes, reason }) => {
    if (entryOf(race.uploads, file)?.uploadId !== uploadId) return []
    return [{ type: 'race.upload-aborted', data: { file, uploadId, receivedBytes, reason } }]
  },
  'race.delete-file': deleteFile,
  'race.rename-file': renameFile,
  'race.rename': (race, { section, release }) =>
    race.section === section && race.release === release
      ? []
      : [{ type: 'race.renamed', data: { section, release } }],
  'race.remove': removeRace,
}

export function decideRace(state: State, command: RaceCommand, env: DecideEnv): RaceDecided[] {
  const decide = decisions[command.type] as (
    race: Readonly<RaceContext>,
    command: RaceCommand,
    env: DecideEnv,
    state: State,
  ) => RaceDecided[]
  if (state.value === 'absent' && 'section' in command && command.type !== 'race.rename') {
    const { section, release } = command
    const created: RaceDecided = { type: 'race.created', data: { section, release } }
    return [created, ...decide(state.context, command, env, state)]
  }
  if (state.value === 'absent' || state.value === 'removed') {
    throw new Refusal(RACE_REFUSALS.noSuchRace, 'That release does not exist.')
  }
  return decide(state.context, command, env, state)
}

function makeDirectory(
  race: Readonly<RaceContext>,
  { directory }: CommandOf<'race.make-directory'>,
): RaceDecided[] {
  assertNewEntry(race, directory)
  const taken = [race.directories, race.files, race.uploads]
  if (taken.some((each) => Object.hasOwn(each, directory))) {
    throw new Refusal(RACE_REFUSALS.directoryExists, `${directory} already exists.`, { directory })
  }
  return [{ type: 'race.directory-made', data: { directory } }]
}

function removeDirectory(
  race: Readonly<RaceContext>,
  { directory }: CommandOf<'race.remove-directory'>,
): RaceDecided[] {
  if (!entryOf(race.directories, directory)) throw noSuchDirectory(directory)
  const paths = [race.files, race.directories, race.uploads].flatMap((each) => Object.keys(each))
  if (paths.some((path) => path.startsWith(`${directory}/`))) throw notEmpty(directory)
  return [{ type: 'race.directory-removed', data: { directory } }]
}

function removeRace(
  race: Readonly<RaceContext>,
  _: CommandOf<'race.remove'>,
  env: DecideEnv,
): RaceDecided[] {
  if (!mayChange(race.maker, env)) {
    const { maker: member, release } = race
    const words = `${release} belongs to ${member}.`
    throw new Refusal(RACE_REFUSALS.notYours, words, { file: release, member })
  }
  const parts = [race.files, race.directories, race.uploads]
  if (parts.some((each) => Object.keys(each).length > 0)) throw notEmpty(race.release)
  return [{ type: 'race.removed', data: {} }]
}

function beginUpload(
  race: Readonly<RaceContext>,
  { file, uploadId, group, offsetBytes }: CommandOf<'race.begin-upload'>,
  env: DecideEnv,
): RaceDecided[] {
  const present = entryOf(race.files, file)
  if (present && !present.isBad) {
    const { member } = present
    const words = `${file} is here already, uploaded by ${member}.`
    throw new Refusal(RACE_REFUSALS.fileExists, words, { file, member })
  }
  if (!present) assertNewEntry(race, file)
  if (entryOf(race.directories, file)) {
    throw new Refusal(RACE_REFUSALS.directoryExists, `${file} is a directory.`, { file })
  }
  const started: RaceDecided = {
    type: 'race.upload-started',
    data: { file, uploadId, group, offsetBytes },
  }
  const running = entryOf(race.uploads, file)
  if (!running) return [started]
  if (running.member !== env.by || running.connection === env.connection) {
    const words = `${file} is being uploaded by ${running.member}.`
    throw new Refusal(RACE_REFUSALS.fileBusy, words, { file, member: running.member })
  }
  // The same member comes back by another connection: the old one is a ghost.
  const aborted = { file, uploadId: running.uploadId, receivedBytes: 0, reason: 'replaced' }
  return [{ type: 'race.upload-aborted', data: aborted }, started]
}

function deleteFile(
  race: Readonly<RaceContext>,
  { file: path }: CommandOf<'race.delete-file'>,
  env: DecideEnv,
  state: State,
): RaceDecided[] {
  const file = ownFile(race, path, env)
  const { member, sizeBytes, durationMs } = file
  const counted = file.counted && !file.isBad
  const tally = tallyOf(race, state.value === 'complete')
  removeFromTally(tally, race, path, file)
  for (const listed of entryOf(race.sfvs, path) ?? []) {
    tally.expectedCount--
    if (isDone(race, listed)) tally.doneCount--
  }
  return [
    { type: 'race.file-deleted', data: { file: path, member, sizeBytes, durationMs, counted } },
    ...consequencesOf(tally, env.now),
  ]
}

function renameFile(
  race: Readonly<RaceContext>,
  { from, to }: CommandOf<'race.rename-file'>,
  env: DecideEnv,
  state: State,
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
  const tally = tallyOf(race, state.value === 'complete')
  if (isDone(race, from)) tally.doneCount--
  if (expected !== undefined) tally.doneCount++
  return [{ type: 'race.file-renamed', data: { from, to } }, ...consequencesOf(tally, env.now)]
}

function removeFromTally(
  tally: Tally,
  race: Readonly<RaceContext>,
  path: string,
  file: AcceptedFile,
): void {
  if (file.isBad) return
  if (isDone(race, path)) tally.doneCount--
  takeFromTally(tally, file)
}

function isDone(race: Readonly<RaceContext>, path: string): boolean {
  const file = entryOf(race.files, path)
  return file !== undefined && !file.isBad && entryOf(race.expected, path) === file.crc32
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

/** A new file or directory: its folder is there, and the release is not full. */
function assertNewEntry(race: Readonly<RaceContext>, path: string): void {
  if (!path.split('/').every(isPlainKey)) {
    throw new Refusal(RACE_REFUSALS.invalidName, `${path} cannot be a name.`, { file: path })
  }
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  if (parent !== '' && !entryOf(race.directories, parent)) throw noSuchDirectory(parent)
  if (race.fileCount + Object.keys(race.directories).length >= ENTRIES) {
    const words = `A release has at most ${ENTRIES} entries.`
    throw new Refusal(RACE_REFUSALS.tooManyFiles, words)
  }
}

function noSuchDirectory(directory: string): Refusal {
  const words = `There is no directory ${directory}.`
  return new Refusal(RACE_REFUSALS.noSuchDirectory, words, { directory })
}

function notEmpty(directory: string): Refusal {
  const words = `${directory} is not empty.`
  return new Refusal(RACE_REFUSALS.directoryNotEmpty, words, { directory })
}
