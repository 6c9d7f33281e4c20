import { readFileSync } from 'node:fs'

import { Command, Option } from 'commander'

import type { CommandSettings } from '#gateways/cli/command-settings.ts'
import { addHistoryCommands, type HistoryActions } from '#gateways/cli/history-commands.ts'
import { addLogCommands, type LogActions } from '#gateways/cli/log-commands.ts'

/** What the command line can ask for; each resolves with the process's exit code. */
export interface Actions extends HistoryActions, LogActions {
  start(settings: CommandSettings, options: { json: boolean }): Promise<number>
  addAccount(settings: CommandSettings, account: AccountArguments): Promise<number>
}

export interface AccountArguments {
  readonly name: string
  readonly group: string
  readonly flags: string
  readonly password: string
}

/** A setting as the command line offers it. */
export interface SettingOption {
  readonly name: string
  readonly description: string
}

const PASSWORD_FILE_BYTES = 4_096

/** The command line of veza: `start` when nothing else is said. */
export function createProgram(
  actions: Actions,
  settings: readonly SettingOption[],
  exit: (code: number) => void,
): Command {
  const program = new Command('veza')
    .description('one event-sourced server for a media community')
    .option('--config <file>', 'settings file (default: veza.toml, when it is there)')
    .showHelpAfterError()
  for (const { name, description } of settings) {
    program.addOption(new Option(`--${name.replaceAll('_', '-')} <value>`, description))
  }
  const given = (): CommandSettings => {
    const { config, ...rest } = program.opts<Record<string, unknown>>()
    const values = Object.entries(rest).map(([key, value]) => [snakeCase(key), value])
    return { config: config as string | undefined, values: Object.fromEntries(values) }
  }
  const run = async (action: Promise<number>) => exit(await action)

  program
    .command('start', { isDefault: true })
    .description('run the server')
    .option('--json', 'print one line of JSON when the server is ready', false)
    .action((options: { json: boolean }) => run(actions.start(given(), options)))

  program
    .command('account')
    .description('manage members')
    .command('add <name>')
    .description('make a member, beside a running server or without one')
    .requiredOption('--password-file <file>', 'file whose first line is the password; - for input')
    .option('--group <group>', 'group of the member', 'MEMBERS')
    .option('--flags <flags>', 'glFTPd flags: 1 is siteop', '3')
    .action((name: string, options: { passwordFile: string; group: string; flags: string }) => {
      const { group, flags } = options
      const password = readPassword(options.passwordFile)
      return run(actions.addAccount(given(), { name, group, flags, password }))
    })

  addHistoryCommands(program, actions, given, run)
  addLogCommands(program, actions, given, run)
  return program
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** The first line of a file; other lines are for notes. */
function readPassword(path: string): string {
  const bytes = readFileSync(path === '-' ? 0 : path)
  if (bytes.length > PASSWORD_FILE_BYTES) throw new Error(`${path} is too large for a password`)
  return bytes.toString('utf8').split(/\r?\n/)[0]!
}
