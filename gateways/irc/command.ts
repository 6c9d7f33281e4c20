import type { Client } from '#gateways/irc/client.ts'
import type { House } from '#gateways/irc/house.ts'
import type { Line } from '#gateways/irc/replies.ts'

/** What a command is given. `params` are at least `minParams` long. */
export interface IrcRequest {
  readonly verb: string
  readonly params: readonly string[]
  readonly client: Client
  readonly house: House
}

/** What a command answers: it never writes to the socket itself. */
export interface IrcReply {
  readonly lines: readonly Line[]
  /** Run once the lines are on their way. */
  readonly after?: () => void
  /** The connection ends with these words. */
  readonly close?: string
}

/** A verb: when it may be used, what it needs, and what it does. */
export interface IrcCommand {
  /** `before`: only until the client is logged in; `after`: only from then on. */
  readonly when: 'before' | 'after' | 'always'
  readonly minParams: number
  /** Tokens of the client's bucket; 0 for what only answers the server. Default 1. */
  readonly cost?: number
  /** Its lines are left out, refusals too. */
  readonly isUnanswered?: boolean
  run(request: IrcRequest): IrcReply | Promise<IrcReply>
}

export function reply(...lines: readonly Line[]): IrcReply {
  return { lines }
}
