import type { Command } from 'commander'

import { Refusal } from '#events/refusal.ts'
import type { CommandSettings } from '#gateways/cli/command-settings.ts'
import type { ControlOperation } from '#gateways/control/operations.ts'
import { OPERATION_REFUSALS } from '#gateways/members/administration/operation.ts'

export interface ImportOptions {
  readonly json: boolean
  readonly dryRun: boolean
  /** Names of glFTPd's credit sections from the second on. */
  readonly sections: readonly string[]
  /** Where the names go whose password has to be set anew; it must not be there. */
  readonly passwordResetFile?: string
}

/** What administration needs of the process. */
export interface AdminActions {
  say(line: string): void
  complain(line: string): void
  /** Has the server do it, or does it without one. Rejects with a `Refusal`. */
  operate(settings: CommandSettings, operation: ControlOperation, params: object): Promise<unknown>
  /** Resolves with the exit code. Rejects with a `Refusal` when a server runs. */
  importGlftpd(settings: CommandSettings, folder: string, options: ImportOptions): Promise<number>
}

/** Exit codes of administration; 3 says no to a question that was answered. */
export const ADMIN_EXIT = { done: 0, refused: 1, wronglyAsked: 2, denied: 3 } as const

export interface JsonOption {
  readonly json: boolean
}

/** An operation as the command line asks for it, and what it says of the result. */
export interface Asked {
  readonly operation: ControlOperation
  readonly params: object
  /** The lines for a person. The result has the operation's own shape. */
  readonly lines: (result: never) => readonly string[]
  readonly exitCode?: (result: never) => number
}

/** Runs what was asked for and ends the process. `asked` may throw a `Refusal`. */
export type AskAdmin = (asked: () => Asked, options: JsonOption) => Promise<void>

export function createAskAdmin(
  actions: AdminActions,
  given: () => CommandSettings,
  run: (action: Promise<number>) => Promise<void>,
): AskAdmin {
  async function answer(ask: () => Asked, { json }: JsonOption): Promise<number> {
    const { operation, params, lines, exitCode } = ask()
    const result = (await actions.operate(given(), operation, params)) as never
    if (json) actions.say(JSON.stringify(result))
    else for (const line of lines(result)) actions.say(line)
    return exitCode?.(result) ?? ADMIN_EXIT.done
  }
  return (ask, options) => run(orRefusal(actions, () => answer(ask, options)))
}

/** The exit code of what may be refused, which is told. */
export async function orRefusal(
  { complain }: Pick<AdminActions, 'complain'>,
  run: () => Promise<number>,
): Promise<number> {
  try {
    return await run()
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    complain(`${cause.code}: ${cause.message}`)
    const { errors } = cause.fields
    if (Array.isArray(errors)) {
      for (const { pointer, detail } of errors as { pointer: string; detail: string }[]) {
        complain(`  ${pointer.slice(1)}: ${detail}`)
      }
    }
    const isAsked = WRONGLY_ASKED.has(cause.code)
    return isAsked ? ADMIN_EXIT.wronglyAsked : ADMIN_EXIT.refused
  }
}

export const CLI_REFUSALS = {
  fileUnreadable: 'file-unreadable',
  /** What cannot be undone wants to be said twice. */
  notConfirmed: 'not-confirmed',
} as const

const WRONGLY_ASKED: ReadonlySet<string> = new Set([
  OPERATION_REFUSALS.invalidParameters,
  CLI_REFUSALS.fileUnreadable,
  CLI_REFUSALS.notConfirmed,
])

/** A command that asks for an operation, with the options that all of them have. */
export function adminCommand(parent: Command, words: string, description: string): Command {
  return parent
    .command(words)
    .description(description)
    .option('--json', 'print the outcome as one line of JSON', false)
}
