import type { Fact } from '#events/fact.ts'

import type { Batch } from '#projections/kernel/apply.ts'

/**
 * Facts between the log, which delivers them, and the runner, which takes as many as have
 * come while it was busy. Bounded: who delivers waits while it is full.
 */
export class FactQueue {
  readonly #limit: number
  #facts: Fact[] = []
  #through = 0
  #failure: { readonly cause: unknown } | undefined
  #isEnded = false
  #changed: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#facts.length
  }

  /** Resolves when there is room for more. */
  async add(facts: readonly Fact[], through: number): Promise<void> {
    for (const fact of facts) this.#facts.push(fact)
    this.#through = through
    this.#wake()
    while (this.#facts.length >= this.#limit && !this.#isEnded) await this.#change()
  }

  /**
   * The next facts, at least one, as many as `length` allows; undefined when the queue has
   * been ended. Rejects when it has failed.
   */
  async take(length: (facts: readonly Fact[]) => number): Promise<Batch | undefined> {
    while (this.#facts.length === 0 && !this.#isEnded) await this.#change()
    if (this.#failure) throw this.#failure.cause
    if (this.#isEnded) return undefined
    const facts = this.#facts.splice(0, length(this.#facts))
    const through = this.#facts.length === 0 ? this.#through : facts.at(-1)!.position
    this.#wake()
    return { facts, through }
  }

  /** Nothing more is taken; who delivers is let go. */
  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  fail(cause: unknown): void {
    this.#failure ??= { cause }
    this.end()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve))
  }

  #wake(): void {
    const waiting = this.#changed
    this.#changed = []
    for (const resume of waiting) resume()
  }
}
