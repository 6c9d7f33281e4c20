import type { Fact } from '#events/fact.ts'

/** How one attempt at a command ended, as its sender saw it. */
export type Attempt =
  | {
      readonly outcome: 'done'
      readonly version: number
      readonly position: number
      readonly facts: readonly Fact[]
    }
  /** A definite no: nothing of this attempt is recorded. */
  | { readonly outcome: 'refused'; readonly code: string }
  /** No answer, or one that leaves it open. */
  | { readonly outcome: 'unknown'; readonly reason: string }

/** A command with all attempts at it, in the order in which they ended. */
export interface CommandHistory {
  readonly id: string
  readonly stream: string
  readonly type: string
  readonly attempts: readonly Attempt[]
}

/** What one listener was given, in the order in which it was. */
export interface Hearing {
  readonly name: string
  /** Which facts it listens for; all when neither is given. */
  readonly kinds?: readonly string[]
  readonly stream?: string
  /** It was there for all facts after this position. */
  readonly after: number
  /** It was there for all facts up to this position: up to its last one when it died. */
  readonly through?: number
  /** It was told that it would hear no more. */
  readonly hasFailed?: boolean
  /** Whether a fact may come again. */
  readonly mayRepeat: boolean
  readonly facts: readonly Fact[]
}

/** An actor's state as its host had it, and as the log makes it at the same version. */
export interface StateComparison {
  readonly stream: string
  readonly version: number
  readonly live: unknown
  readonly folded: unknown
}

export interface TableComparison {
  readonly table: string
  /** The rows as text, sorted. */
  readonly incremental: readonly string[]
  readonly rebuilt: readonly string[]
}

/** An effect that consumers have had: which fact it is about. */
export interface Effect {
  readonly about: string
}

/** All that can be known of a run afterwards. */
export interface History {
  /** The log as it is in the end, by position. */
  readonly log: readonly Fact[]
  readonly commands: readonly CommandHistory[]
  readonly hearings: readonly Hearing[]
  /** Ids of the facts that must have one effect each. */
  readonly expectedEffects: readonly string[]
  readonly effects: readonly Effect[]
  readonly states: readonly StateComparison[]
  readonly tables: readonly TableComparison[]
  /** What is due and was not done. */
  readonly overdue: readonly string[]
  /** What failed and should not, whatever the trouble. */
  readonly faults: readonly string[]
}
