import { hashOf } from '#test/simulation/random.ts'

interface Happening {
  readonly at: number
  readonly run: () => void
}

/** The day on which every simulation begins. */
const FIRST_MS = 1_700_000_000_000

/**
 * Time that passes only when there is nothing left to do. All that takes time in a simulation is
 * a happening in here, so the order of everything follows from the seed.
 */
export class VirtualTime {
  #now = FIRST_MS
  /** By time, the next one last. */
  #happenings: Happening[] = []
  #hash = 0
  #steps = 0
  readonly #trace: ((line: string) => void) | undefined

  constructor(trace?: (line: string) => void) {
    this.#trace = trace
  }

  /** Milliseconds since 1970, with fractions. */
  get now(): number {
    return this.#now
  }

  /** Says all that happened so far, for telling two runs apart. */
  get fingerprint(): string {
    return `${this.#steps}-${this.#hash.toString(16)}`
  }

  /** Notes what happens, for the fingerprint and for who reads along. */
  note(what: string): void {
    const line = `${(this.#now - FIRST_MS).toFixed(3)} ${what}`
    this.#hash = hashOf(line, this.#hash)
    this.#trace?.(line)
  }

  after(delayMs: number, run: () => void): () => void {
    const happening = { at: this.#now + Math.max(0, delayMs), run }
    let low = 0
    let high = this.#happenings.length
    // Of two at the same time the earlier made runs first: it lies nearer to the end.
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#happenings[middle]!.at > happening.at) low = middle + 1
      else high = middle
    }
    this.#happenings.splice(low, 0, happening)
    return () => {
      const index = this.#happenings.indexOf(happening)
      if (index >= 0) this.#happenings.splice(index, 1)
    }
  }

  /** Runs what happens until the condition holds. Throws when time stands still before. */
  async runUntil(isDone: () => boolean): Promise<void> {
    await workDone()
    while (!isDone()) {
      const next = this.#happenings.pop()
      if (!next) throw new Error('nothing will ever happen again, and the run is not done')
      this.#now = Math.max(this.#now, next.at)
      this.#steps++
      next.run()
      await workDone()
    }
  }
}

/** Node runs an immediate when no promise is left that could go on. */
function workDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
