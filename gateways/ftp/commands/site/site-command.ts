import type { z } from 'zod'

import type { SiteRight } from '#actors/policy/actions.ts'
import type { Member } from '#gateways/kernel/login.ts'
import { OPERATION_REFUSALS } from '#gateways/members/administration/operation.ts'
import type { OperationName, OPERATIONS } from '#gateways/members/administration/operations.ts'
import type { Question } from '#gateways/members/policy.ts'
import { Refusal } from '#events/refusal.ts'

import type { CommandSession } from '#gateways/ftp/command.ts'
import type { Reply } from '#gateways/ftp/replies.ts'

/** Lines of a 200 reply: the first names what follows, the last says that it is over. */
export type SiteAnswer = string | readonly string[] | Reply

/** One command as data: what the dispatcher checks, and what SITE HELP says. */
export interface SiteCommand {
  /** One line, without a full stop. */
  readonly help: string
  /** What follows the name, one way a line; the empty text for nothing. */
  readonly usage: readonly [string, ...string[]]
  /** How many words; default none at least, and as many as are said at most. */
  readonly words?: readonly [min: number, max?: number]
  /** It changes something: counted as `api_write`, everything else as `api_read`. */
  readonly isChange?: boolean
  /** An operator's own command of that name comes before it: glFTPd has none of that name. */
  readonly isReplaceable?: boolean
  /** About this session alone: no token's scope is asked. */
  readonly isOfSession?: boolean
  run(call: SiteCall): SiteAnswer | Promise<SiteAnswer>
}

export type SiteCommandTable = Readonly<Record<string, SiteCommand>>

export type ResultOf<O extends OperationName> = z.output<(typeof OPERATIONS)[O]['result']>

/** What a command may know and do; the operations ask the rights. */
export interface SiteCall {
  readonly session: CommandSession
  /** Who asks, as their account is now: more than a login long ago may have changed. */
  readonly member: Member
  /** What was said after the name. A word with spaces stands in quotes. */
  readonly words: readonly string[]
  /** The text from a word on, as it was said. */
  rest(from: number): string
  /** Does one of the site's operations. Rejects with a `Refusal`. */
  ask<O extends OperationName>(operation: O, params: object): Promise<ResultOf<O>>
  may(question: Question): Promise<boolean>
  /** Rejects with `forbidden`, or because of a token's scope. */
  assertMay(action: SiteRight, question?: Omit<Question, 'action'>): Promise<void>
  /** Counts one more change, for a line that makes many. Rejects with `rate-limited`. */
  countChange(): Promise<void>
}

/** What was said is not what the command takes: answered with its usage. */
export function wrong(detail: string): Refusal {
  const errors = [{ pointer: '/', detail }]
  return new Refusal(OPERATION_REFUSALS.invalidParameters, detail, { errors })
}
