import { Command, Option } from 'commander'

import { addAdminCommands } from '#gateways/cli/admin/admin-commands.ts'
import type { AdminActions } from '#gateways/cli/admin/run-operation.ts'
import type { CommandSettings } from '#gateways/cli/command-settings.ts'
import { addHistoryCommands, type HistoryActions } from '#gateways/cli/history-commands.ts'
import { addLogCommands, type LogActions } from '#gateways/cli/log-commands.ts'

/** What the command line can ask for; each resolves with the process's exit code. */
export interface Actions extends HistoryActions, LogActions, AdminActions {
  start(settings: CommandSettings, options: { json: boolean }): Promise<number>
}

/** A setting as the command line offers it. */
export interface SettingOption {
  readonly name: string
  readonly description: string
}

/**
 * The command line of veza: `start` when nothing else is said. Throws a `CommanderError` for what
 * is wrongly asked, and for help that was asked for.
 */
export function createProgram(
  actions: Actions,
  settings: readonly SettingOption[],
  exit: (code: number) => void,
): Command {
  const program = new Command('veza')
    .description('one event-sourced server for a media community')
    .option('--config <file>', 'settings file (default: veza.toml, when it is there)')
    .showHelpAfterError()
    .exitOverride()
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

  addAdminCommands(program, actions, given, run)
  addHistoryCommands(program, actions, given, run)
  addLogCommands(program, actions, given, run)
  return program
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
