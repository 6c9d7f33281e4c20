import type { Fact } from '#events/fact.ts'

/** About what the facts may take in memory, as their JSON. */
const LIMIT_BYTES = 64 * 1024 * 1024

/**
 * The newest facts of a log, kept decoded so that live subscribers share them instead of
 * reading each for itself: `capacity` to twice as many, fewer when they are large.
 */
export class RecentFacts {
  #facts: Fact[] = []
  /** Every fact after this position is in here. */
  #after: number
  readonly #capacity: number
  #waiting: (() => void)[] = []
  #bytes = 0

  constructor(after: number, capacity: number) {
    this.#after = after
    this.#capacity = capacity
  }

  /** The position of the newest fact. */
  get head(): number {
    return this.#facts.at(-1)?.position ?? this.#after
  }

  /** Adds facts in log order, `sizeBytes` as JSON, and wakes who waits for them. */
  push(facts: readonly Fact[], sizeBytes = 0): void {
    for (const fact of facts) this.#facts.push(fact)
    this.#bytes += sizeBytes
    if (this.#facts.length >= 2 * this.#capacity) this.#keep(this.#capacity)
    else if (this.#bytes > LIMIT_BYTES) this.#keep(this.#facts.length >> 1)
    this.wake()
  }

  #keep(count: number): void {
    const dropped = this.#facts.length - count
    if (dropped === 0) return
    this.#after = this.#facts[dropped - 1]!.position
    this.#bytes *= count / this.#facts.length
    this.#facts = this.#facts.slice(dropped)
  }

  /** Ends the waiting of all, whether or not there is something new. */
  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  /** Up to `limit` facts after a position, or undefined when older ones are needed. */
  after(position: number, limit: number): readonly Fact[] | undefined {
    if (position < this.#after) return undefined
    const from = firstAfter(this.#facts, position)
    return this.#facts.slice(from, from + limit)
  }

  /** Resolves at the next `push` or `wake`. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

/** Index of the first fact after a position, by binary search. */
function firstAfter(facts: readonly Fact[], position: number): number {
  let low = 0
  let high = facts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (facts[middle]!.position <= position) low = middle + 1
    else high = middle
  }
  return low
}
