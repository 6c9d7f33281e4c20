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
  /** Default `facts`: lifted to their current shape. */
  readonly as?: ReadAs
}

export interface ReadAllOptions {
  /** Only facts after this position (before it, when backwards). Default: the whole log. */
  readonly after?: number
  readonly direction?: 'forwards' | 'backwards'
  readonly limit?: number
  /** Only streams of these kinds. */
  readonly kinds?: readonly string[]
  /** Default `facts`. */
  readonly as?: ReadAs
}

/**
 * `facts`: what actors decided, lifted to its current shape; streams whose names begin with `$`
 * are left out. `records`: everything, system streams too, in the shape in which it was recorded.
 */
export type ReadAs = 'facts' | 'records'

export interface SubscribeOptions {
  /** Deliver the facts after this position: `LOG_START` for all. */
  readonly after: number
  readonly kinds?: readonly string[]
  readonly stream?: string
  /** At most this many facts a delivery. Default 1,000. */
  readonly batchSize?: number
  /** Default `facts`. */
  readonly as?: ReadAs
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

/**
 * What a stream keeps and shows. It is recorded like a fact, as `$metadata` in the stream
 * `$$<stream>`, so that hiding history is part of history.
 */
export interface StreamMetadata {
  readonly maxAgeMs?: number
  readonly maxCount?: number
  /** Versions below this one are hidden. `DELETED` hides all: the stream is deleted. */
  readonly truncateBefore?: number
  /** What else is kept with it: EventStoreDB's `$acl`, and anything of the writer's own. */
  readonly custom?: Readonly<Record<string, unknown>>
}

/** As `truncateBefore`: a stream deleted so can be appended to again, after its last version. */
export const DELETED = Number.MAX_SAFE_INTEGER

/** Whether the log takes appends now, and why not. */
export type LogHealth =
  | { readonly writable: true }
  | { readonly writable: false; readonly reason: string }

/**
 * The truth: append-only streams of facts with one total order.
 *
 * Errors: `VersionConflict` when a stream is not as expected; `StreamEnded` when it is deleted for
 * ever; `LogUnavailable` when nothing
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
  /** Replaces a stream's metadata; resolves when durable. */
  writeMetadata(stream: string, metadata: StreamMetadata): Promise<void>
  /**
   * Ends a stream for ever: it reads as empty, and every append to it is refused with
   * `StreamEnded`. Answers the position at which that is recorded.
   */
  tombstone(stream: string, expected: ExpectedVersion): Promise<number>
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

/** The stream has been tombstoned: nothing can ever be appended to it again. */
export class StreamEnded extends Error {
  readonly code = 'stream-ended'
  readonly stream: string

  constructor(stream: string) {
    super(`${stream} is deleted for ever`)
    this.stream = stream
  }
}

export class AppendRefused extends Error {
  readonly code = 'append-refused'
}
