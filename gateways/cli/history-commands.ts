import { type Command, InvalidArgumentError, Option } from 'commander'

import { type Moment, readMoment } from '#events/moment.ts'
import type { FactQuery } from '#gateways/kernel/fact-query.ts'

import type { CommandSettings } from '#gateways/cli/command-settings.ts'

/** What may be asked of history; each resolves with the process's exit code. */
export interface HistoryActions {
  audit(settings: CommandSettings, query: FactQuery, options: AuditOptions): Promise<number>
  state(settings: CommandSettings, stream: string, options: StateOptions): Promise<number>
  diff(settings: CommandSettings, stream: string, options: DiffOptions): Promise<number>
  replay(settings: CommandSettings, options: ReplayOptions): Promise<number>
}

export interface AuditOptions {
  readonly json: boolean
  /** Goes on with what comes, until it is interrupted. */
  readonly follow: boolean
  /** Facts shown at most. */
  readonly limit?: number
  /** Without it the newest of the limit are shown, in the order in which they came. */
  readonly order?: 'oldest' | 'newest'
  /** Characters of a line's data. */
  readonly textLimit?: number
}

export interface StateOptions {
  readonly json: boolean
  readonly at?: Moment
}

export interface DiffOptions {
  readonly json: boolean
  readonly from: Moment
  readonly to?: Moment
}

export interface ReplayOptions {
  readonly json: boolean
  readonly verify: boolean
  /** Up to when: the read models as of then. */
  readonly to?: Moment
  /** Where those are made: the URL of a database, or a schema beside the live one. */
  readonly out?: string
  readonly diff?: readonly Moment[]
}

type Run = (action: Promise<number>) => Promise<void>

/** Adds the commands that look back: `audit`, `state`, `diff` and `replay`. */
export function addHistoryCommands(
  program: Command,
  actions: HistoryActions,
  given: () => CommandSettings,
  run: Run,
): void {
  addAudit(program, actions, given, run)

  program
    .command('state <stream>')
    .description('print an actor as it is or was, for example room-site')
    .option('--at <moment>', 'a version, a position as @12, or a time', version)
    .option('--json', 'print it as one line of JSON', false)
    .action((stream: string, options: StateOptions) => run(actions.state(given(), stream, options)))

  program
    .command('diff <stream>')
    .description('print what has changed in an actor between two moments, and by which facts')
    .requiredOption('--from <moment>', 'a version, a position as @12, or a time', version)
    .option('--to <moment>', 'the same; now when it is not given', version)
    .option('--json', 'print it as one line of JSON', false)
    .action((stream: string, options: DiffOptions) => run(actions.diff(given(), stream, options)))

  program
    .command('replay')
    .description('rebuild the read models from the log')
    .option('--verify', 'into fresh tables, and compare them with the live ones', false)
    .option('--to <moment>', 'as they were at a position or a time; needs --out', position)
    .option('--out <place>', 'a postgres:// URL, or a schema beside the live one')
    .option('--diff <moments...>', 'compare them as they were at two positions or times', moments)
    .option('--json', 'print progress and outcome as lines of JSON', false)
    .action((options: ReplayOptions) => run(actions.replay(given(), options)))
}

interface AuditFlags extends AuditOptions {
  readonly member?: string
  readonly whom?: string
  readonly gateway?: string
  readonly command?: string
  readonly type?: readonly string[]
  readonly kind?: readonly string[]
  readonly correlation?: string
  readonly from?: number
  readonly to?: number
  readonly after?: number
  readonly before?: number
  readonly text?: string
}

function addAudit(
  program: Command,
  actions: HistoryActions,
  given: () => CommandSettings,
  run: Run,
) {
  program
    .command('audit [stream]')
    .description('print facts from the log, of one stream (race-<id>) or of all; options combine')
    .option('--member <id>', 'caused by that member; - for the server itself')
    .option('--whom <id>', 'done to that member')
    .option('--gateway <name>', 'come in by that gateway: ftp, irc, ws, http, control')
    .option('--command <id>', 'decided by that command')
    .option('--type <pattern>', 'of that type: race.created, race, race.*, *.removed', types)
    .option('--kind <kind>', 'of actors of that kind: race; may be given several times', collect)
    .option('--correlation <id>', 'set off by that request')
    .option('--from <time>', 'recorded at or after that time, in ISO 8601', time)
    .option('--to <time>', 'recorded at or before that time', time)
    .option('--after <position>', 'after that position of the log', count)
    .option('--before <position>', 'before that position of the log', count)
    .option('--text <words>', 'whose data contains these words')
    .option('--limit <count>', 'so many at most: the newest, unless --order says oldest', positive)
    .option('--text-limit <characters>', 'so much of the data in a line at most', positive)
    .addOption(new Option('--order <which>', 'which come first').choices(['oldest', 'newest']))
    .option('--follow', 'go on with what comes, for as long as the server runs', false)
    .option('--json', 'a fact a line as JSON', false)
    .action((stream: string | undefined, flags: AuditFlags) => {
      const { json, follow, limit, order, textLimit, type, kind, ...rest } = flags
      const lists = { ...(type && { types: type }), ...(kind && { kinds: kind }) }
      const query = { ...rest, ...lists, ...(stream !== undefined && { stream }) }
      const options = {
        json,
        follow,
        ...(limit !== undefined && { limit }),
        ...(order !== undefined && { order }),
        ...(textLimit !== undefined && { textLimit }),
      }
      return run(actions.audit(given(), query, options))
    })
}

const LIST = 100

function collect(value: string, before: readonly string[] = []): readonly string[] {
  const all = [...before, ...value.split(',').filter((each) => each !== '')]
  if (all.length > LIST) throw new InvalidArgumentError(`at most ${LIST} of them`)
  return all
}

/** A word without a dot stands for all types of that kind. */
function types(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...collect(value).map((each) => (/[.*?$]/.test(each) ? each : `${each}.*`))]
}

/** Facts that are shown newest last are held in memory. */
const POSITIVE_MOST = 1_000_000

function positive(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0 && value <= POSITIVE_MOST) return value
  throw new InvalidArgumentError(`it is not a whole number from 1 to ${POSITIVE_MOST}`)
}

function count(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('it is not a position, a whole number from 0')
}

function time(text: string): number {
  const moment = readMoment(text, { bare: 'position' })
  if (moment && 'time' in moment) return moment.time
  throw new InvalidArgumentError('it is not a time as 2026-11-21 or 2026-11-21T10:00:00Z')
}

function version(text: string): Moment {
  const moment = readMoment(text, { bare: 'version' })
  if (moment) return moment
  throw new InvalidArgumentError('it is not a version, a position as @12, or a time in ISO 8601')
}

function position(text: string): Moment {
  const moment = readMoment(text, { bare: 'position' })
  if (moment) return moment
  throw new InvalidArgumentError('it is not a position, or a time in ISO 8601')
}

function moments(text: string, before: readonly Moment[] = []): readonly Moment[] {
  return [...before, position(text)]
}
