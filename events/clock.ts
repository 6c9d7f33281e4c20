/** Time, injected so that tests and the simulation own it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs once after `delayMs`; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void
}

/** New identifiers, injected for the same reason. */
export interface Ids {
  /** A fresh UUID, sorting by time of creation (version 7, RFC 9562 section 5.7). */
  next(): string
}
