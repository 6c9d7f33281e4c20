import { type Command, InvalidArgumentError } from 'commander'

import type { CommandSettings } from '#gateways/cli/command-settings.ts'

/** What may be asked of the log itself; each resolves with the process's exit code. */
export interface LogActions {
  verifyLog(settings: CommandSettings, options: VerifyLogOptions): Promise<number>
  makeLogKeys(file: string, options: { readonly json: boolean }): Promise<number>
  exportLog(settings: CommandSettings, options: ExportLogOptions): Promise<number>
  importLog(
    settings: CommandSettings,
    file: string | undefined,
    options: ImportLogOptions,
  ): Promise<number>
  backupLog(settings: CommandSettings, folder: string, options: JsonOption): Promise<number>
  restoreLog(
    settings: CommandSettings,
    folder: string,
    options: JsonOption & { readonly force: boolean },
  ): Promise<number>
  compactLog(settings: CommandSettings, options: JsonOption): Promise<number>
  logStats(settings: CommandSettings, options: JsonOption): Promise<number>
}

export interface JsonOption {
  readonly json: boolean
}

export interface VerifyLogOptions extends JsonOption {
  /** File of a private key: the log's end is signed with it. */
  readonly sign?: string
  /** Where the signed checkpoint goes. */
  readonly out?: string
  /** File of a checkpoint signed before, and of the public key to it. */
  readonly check?: string
  readonly key?: string
}

export interface ExportLogOptions {
  /** Positions, both included. */
  readonly from?: number
  readonly to?: number
  readonly kinds?: readonly string[]
  /** Default: the output. */
  readonly out?: string
  readonly toEventstore?: string
}

export interface ImportLogOptions extends JsonOption {
  readonly fromEventstore?: string
}

type Run = (action: Promise<number>) => Promise<void>

/** Adds `log …`: the tools for the truth itself. */
export function addLogCommands(
  program: Command,
  actions: LogActions,
  given: () => CommandSettings,
  run: Run,
): void {
  const log = program.command('log').description('prove, move and tend the log of facts')
  const json = '--json'
  const asJson = 'print the outcome as one line of JSON'
  addVerify(log, actions, given, run)

  log
    .command('keygen <file>')
    .description('make a pair of keys for checkpoints: <file>, kept secret, and <file>.pub')
    .option(json, asJson, false)
    .action((file: string, options: JsonOption) => run(actions.makeLogKeys(file, options)))

  log
    .command('export')
    .description('print the records as lines of JSON')
    .option('--from <position>', 'from that position', position)
    .option('--to <position>', 'up to that position', position)
    .option('--kinds <kinds>', 'only of these kinds: race,room', kinds)
    .option('--out <file>', 'into a file, which must not be there')
    .option('--to-eventstore <url>', 'into an EventStoreDB: esdb://host:2113')
    .action((options: ExportLogOptions) => run(actions.exportLog(given(), options)))

  log
    .command('import [file]')
    .description('append what was exported and is not here yet; - for the input')
    .option('--from-eventstore <url>', 'out of an EventStoreDB: esdb://host:2113')
    .option(json, asJson, false)
    .action((file: string | undefined, options: ImportLogOptions) =>
      run(actions.importLog(given(), file, options)),
    )

  log
    .command('backup <folder>')
    .description('copy the log into an empty folder, beside a running server too, and verify it')
    .option(json, asJson, false)
    .action((folder: string, options: JsonOption) =>
      run(actions.backupLog(given(), folder, options)),
    )

  log
    .command('restore <folder>')
    .description('put a backup in the place of the log; no server may run')
    .option('--force', 'even where facts are lost that the backup does not have', false)
    .option(json, asJson, false)
    .action((folder: string, options: JsonOption & { force: boolean }) =>
      run(actions.restoreLog(given(), folder, options)),
    )

  log
    .command('compact')
    .description('remove for ever what metadata hides, and keep the chain; no server may run')
    .option(json, asJson, false)
    .action((options: JsonOption) => run(actions.compactLog(given(), options)))

  log
    .command('stats')
    .description('count what the log holds')
    .option(json, asJson, false)
    .action((options: JsonOption) => run(actions.logStats(given(), options)))
}

function addVerify(log: Command, actions: LogActions, given: () => CommandSettings, run: Run) {
  log
    .command('verify')
    .description('walk the whole log, beside a running server too, and prove that it is whole')
    .option('--sign <file>', 'sign where it ends with that private key; needs --out')
    .option('--out <file>', 'where the signed checkpoint goes')
    .option('--check <file>', 'prove that history up to that checkpoint was kept; needs --key')
    .option('--key <file>', 'the public key of that checkpoint')
    .option('--json', 'print progress and outcome as lines of JSON', false)
    .action((options: VerifyLogOptions) => run(actions.verifyLog(given(), options)))
}

function position(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('it is not a position, a whole number from 1')
}

const KINDS = 100

function kinds(text: string): readonly string[] {
  const all = text.split(',').filter((each) => each !== '')
  if (all.length > 0 && all.length <= KINDS) return all
  throw new InvalidArgumentError(`it is not a list of 1 to ${KINDS} kinds`)
}
