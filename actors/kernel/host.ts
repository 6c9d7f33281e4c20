import type { ActorRef, Fact } from '#events/fact.ts'
import type { Moment } from '#events/moment.ts'

/** Who sends a command, from where, and what caused it. */
export interface CommandContext {
  /** The member, or null for the server itself. */
  readonly by: string | null
  /** glFTPd flag letters of the member. */
  readonly flags?: string
  /**
   * The gateway has asked the policy, which grants it whoever owns what it is about. Without it
   * the rules let owners alone change what is theirs.
   */
  readonly isGranted?: boolean
  readonly connection: string | null
  /** A UUID. The same command sent twice has one effect and gets the same receipt. */
  readonly commandId: string
  /** Ties together all that one request of a client set off. Default: the command's id. */
  readonly correlationId?: string
  /** The fact or command that this one follows from. */
  readonly causationId?: string | null
}

/** Proof that a command's facts are in the log. */
export interface Receipt {
  /** The actor's version after the command. */
  readonly version: number
  /** The position of the command's last fact; when it decided none, that of the actor's last. */
  readonly position: number
  /** What the command decided; none when it changed nothing. */
  readonly facts: readonly Fact[]
}

/** An actor's state at a version, for reading only. */
export interface ActorState<C = unknown> {
  /** XState's state value: where in the chart the actor is. */
  readonly value: string
  readonly context: Readonly<C>
  /** `NO_VERSION` for an actor without facts. */
  readonly version: number
}

/** A command: what is asked for and its details. */
export interface Command {
  readonly type: string
}

/**
 * Runs the actors. Commands to one actor are handled one at a time, in order.
 *
 * `send` rejects with a `Refusal`: the actor's own codes, or `busy` (mailbox full),
 * `log-unavailable`, `stopping`, `invalid-command`, `actor-faulty`, `unknown-kind`.
 */
export interface ActorHost {
  send(ref: ActorRef, command: Command, context: CommandContext): Promise<Receipt>
  /** The state after all commands sent before. Rejects with a `Refusal` as `send` does. */
  state<C>(ref: ActorRef): Promise<ActorState<C>>
}

/** Looks back at actors, whatever they do meanwhile. */
export interface ActorHistory {
  /** The version of the actor's last fact at the moment, or `NO_VERSION`. */
  versionAt(ref: ActorRef, moment: Moment): Promise<number>
  /**
   * The state as it was at a moment or a version; its `version` is that of the last fact at the moment. The context is the
   * caller's own. Rejects with a `Refusal`: `unknown-kind`, `history-too-long`,
   * `history-incomplete` (the stream's metadata hides a part).
   */
  stateAt<C>(ref: ActorRef, at: Moment | number): Promise<ActorState<C>>
}

export const HISTORY_REFUSALS = {
  historyTooLong: 'history-too-long',
  historyIncomplete: 'history-incomplete',
} as const
