import type { Fact, NewFact } from '#events/fact.ts'

/** What a writer believes of a stream: anything, no facts, some facts, or its last version. */
export type ExpectedVersion = 'any' | 'no-stream' | 'exists' | number

export interface AppendResult {
  /** The version of the last fact appended. */
  readonly version: number
  /** The position of the last fact appended. */
  readonly position: number
  /** The facts as recorded. For a repeated append, those recorded the first time. */
  readonly facts: readonly Fact[]
}

export interface ReadStreamOptions {
  /** First version to read, inclusive. Default: 0 forwards, the last one backwards. */
  readonly from?: number
  readonly direction?: 'forwards' | 'backwards'
  /** At most this many facts. Default: all. */
  readonly limit?: number
}

export interface ReadAllOptions {
  /** Only facts after this position (before it, when backwards). Default: the whole log. */
  readonly after?: number
  readonly direction?: 'forwards' | 'backwards'
  readonly limit?: number
  /** Only streams of these kinds. */
  readonly kinds?: readonly string[]
}

export interface SubscribeOptions {
  /** Deliver the facts after this position: `LOG_START` for all. */
  readonly after: number
  readonly kinds?: readonly string[]
  readonly stream?: string
  /** At most this many facts a delivery. Default 1,000. */
  readonly batchSize?: number
}

export interface SubscriptionHandlers {
  /**
   * Facts in log order, each once. The next batch waits until this one is settled.
   * `through` is the position up to which the log has been looked at: with a filter it may
   * lie beyond the last fact delivered, and is the right thing to keep as a checkpoint.
   */
  readonly deliver: (facts: readonly Fact[], through: number) => Promise<void> | void
  /** Called once, when catch-up has reached the head as it was at the time. */
  readonly live?: () => void
  /** The handler threw or the log broke; the subscription has ended. */
  readonly failed?: (cause: unknown) => void
}

export interface LogSubscription {
  /** Ends the subscription; resolves when a delivery that was running has settled. */
  stop(): Promise<void>
}

/** Settings of a stream that are not facts; the names are EventStoreDB's. */
export interface StreamMetadata {
  readonly maxAgeMs?: number
  readonly maxCount?: number
  /** Versions below this one are hidden. */
  readonly truncateBefore?: number
  readonly custom?: Readonly<Record<string, unknown>>
}

/** Whether the log takes appends now, and why not. */
export type LogHealth =
  | { readonly writable: true }
  | { readonly writable: false; readonly reason: string }

/**
 * The truth: append-only streams of facts with one total order.
 *
 * Errors: `VersionConflict` when a stream is not as expected; `LogUnavailable` when nothing
 * can be written or read now (retry later); `AppendRefused` for an append beyond the limits.
 */
export interface EventLog {
  /**
   * Appends all facts or none and resolves when they are durable. Facts whose ids are already
   * in the stream, in the same order, are the same append again: it changes nothing and
   * returns what was recorded.
   */
  append(
    stream: string,
    facts: readonly NewFact[],
    expected: ExpectedVersion,
  ): Promise<AppendResult>
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<Fact>
  readAll(options?: ReadAllOptions): AsyncIterable<Fact>
  /** Catch-up, then live, with no gap and no repeat in between. */
  subscribe(options: SubscribeOptions, handlers: SubscriptionHandlers): LogSubscription
  /** The version of a stream's last fact, or `NO_VERSION`. */
  streamVersion(stream: string): Promise<number>
  /** The position of the last fact, or `LOG_START`. */
  head(): Promise<number>
  readMetadata(stream: string): Promise<StreamMetadata>
  writeMetadata(stream: string, metadata: StreamMetadata): Promise<void>
  health(): LogHealth
  close(): Promise<void>
}

/** Limits that every implementation keeps. */
export const LOG_LIMITS = {
  /** Facts in one append. */
  factsPerAppend: 4_096,
  /** Bytes of one fact as JSON: EventStoreDB's own limit for an append is 1 MiB. */
  factBytes: 512 * 1024,
  /** Bytes of a stream's name as UTF-8. */
  streamNameBytes: 400,
} as const

export class VersionConflict extends Error {
  readonly code = 'version-conflict'
  readonly stream: string
  readonly expected: ExpectedVersion
  readonly actual: number

  constructor(stream: string, expected: ExpectedVersion, actual: number) {
    super(`${stream} is at version ${actual}, expected ${expected}`)
    this.stream = stream
    this.expected = expected
    this.actual = actual
  }
}

export class LogUnavailable extends Error {
  readonly code = 'log-unavailable'

  constructor(reason: string, cause?: unknown) {
    super(reason, { cause })
  }
}

export class AppendRefused extends Error {
  readonly code = 'append-refused'
}
