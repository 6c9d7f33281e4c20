import { type DecideEnv, mayChange } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import { setMode, touchFile } from '#actors/race/race.attributes.ts'
import { beginUpload } from '#actors/race/race.begin.ts'
import { RACE_REFUSALS, type RaceCommand, type RaceContext } from '#actors/race/race.commands.ts'
import { assertNewEntry, noSuchDirectory } from '#actors/race/race.entries.ts'
import { deleteFile, renameFile } from '#actors/race/race.files.ts'
import { finishUpload } from '#actors/race/race.finish.ts'
import { withConsequences } from '#actors/race/race.foresee.ts'
import { nuke, publish, unnuke } from '#actors/race/race.nuke.ts'
import { reconcile } from '#actors/race/race.reconcile.ts'
import { wipe, wipePath } from '#actors/race/race.wipe.ts'
import type { RaceDecided } from '#events/race.facts.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { isDisc } from '#events/release-kind.ts'

type State = ActorState<RaceContext>
type CommandOf<T extends RaceCommand['type']> = Extract<RaceCommand, { type: T }>

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
  'race.finish-upload': finishUpload,
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
  'race.nuke': nuke,
  'race.unnuke': unnuke,
  'race.wipe': wipe,
  'race.wipe-path': wipePath,
  'race.publish': publish,
  'race.touch-file': touchFile,
  'race.set-mode': setMode,
  'race.reconcile': reconcile,
}

export function decideRace(state: State, command: RaceCommand, env: DecideEnv): RaceDecided[] {
  const decide = decisions[command.type] as (
    race: Readonly<RaceContext>,
    command: RaceCommand,
    env: DecideEnv,
    state: State,
  ) => RaceDecided[]
  if (state.value === 'absent' && 'release' in command && command.type !== 'race.rename') {
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
  env: DecideEnv,
  state: State,
): RaceDecided[] {
  if (!entryOf(race.directories, directory)) throw noSuchDirectory(directory)
  const paths = [race.files, race.directories, race.uploads].flatMap((each) => Object.keys(each))
  if (paths.some((path) => path.startsWith(`${directory}/`))) throw notEmpty(directory)
  const gone: RaceDecided = { type: 'race.directory-removed', data: { directory } }
  // A disc that nothing came in is waited for no longer.
  return isDisc(directory) ? withConsequences(state, [gone], env) : [gone]
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

function notEmpty(directory: string): Refusal {
  const words = `${directory} is not empty.`
  return new Refusal(RACE_REFUSALS.directoryNotEmpty, words, { directory })
}
