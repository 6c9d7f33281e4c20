import type { Fact } from '#events/fact.ts'

/** About what the facts that wait may take in memory. */
const LIMIT_BYTES = 8 * 1024 * 1024

/** What a subscription's stream has brought and its handler has not yet taken. */
export class Inbox {
  /** Where the stream begins: what stands there or before has been delivered. */
  readonly after: number
  #facts: Fact[] = []
  #bytes = 0
  #through: number
  #caughtUpAt: number | undefined
  #isEnded = false
  #fault: unknown
  #isUnreadable = false
  #waiting: (() => void)[] = []
  readonly #limit: number

  constructor(after: number, limit: number) {
    this.after = after
    this.#through = after
    this.#limit = limit
  }

  /** The position up to which the stream has looked. */
  get through(): number {
    return this.#through
  }

  /** Where the server went from the past to the present; undefined before. */
  get caughtUpAt(): number | undefined {
    return this.#caughtUpAt
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Why the stream ended; undefined when the server ended it. */
  get fault(): unknown {
    return this.#fault
  }

  /** Whether the fault is one of what was sent, which will be sent again. */
  get isUnreadable(): boolean {
    return this.#isUnreadable
  }

  get isEmpty(): boolean {
    return this.#facts.length === 0
  }

  get isFull(): boolean {
    return this.#facts.length >= this.#limit || this.#bytes > LIMIT_BYTES
  }

  put(fact: Fact, bytes: number): void {
    this.#facts.push(fact)
    this.#bytes += bytes
    this.lookedAt(fact.position)
  }

  lookedAt(position: number): void {
    this.#through = Math.max(this.#through, position)
    this.wake()
  }

  caughtUp(): void {
    this.#caughtUpAt ??= this.#through
    this.wake()
  }

  /** Only the first reason counts: what is cut off afterwards fails too. */
  end(fault?: unknown): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#fault = fault
    this.wake()
  }

  unreadable(fault: unknown): void {
    this.#isUnreadable = !this.#isEnded
    this.end(fault)
  }

  take(): { readonly facts: readonly Fact[]; readonly through: number } {
    const facts = this.#facts
    this.#facts = []
    this.#bytes = 0
    this.wake()
    return { facts, through: this.#through }
  }

  /** Resolves when anything of the above has happened. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}
