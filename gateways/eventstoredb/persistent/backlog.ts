import type { Message } from '#gateways/eventstoredb/persistent/consumer.ts'

/** Messages that wait for a consumer: those to be tried again first, each in log order. */
export class Backlog {
  readonly #fresh: Message[] = []
  readonly #again: Message[] = []
  readonly #limit: number
  #waiting: (() => void)[] = []

  /** `limit`: of fresh messages; those that come back are bounded by what consumers may hold. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get counts(): { readonly fresh: number; readonly again: number } {
    return { fresh: this.#fresh.length, again: this.#again.length }
  }

  get isFull(): boolean {
    return this.#fresh.length >= this.#limit
  }

  push(message: Message): void {
    this.#fresh.push(message)
  }

  putBack(message: Message): void {
    this.#again.push(message)
    this.#again.sort((a, b) => a.position - b.position)
  }

  *[Symbol.iterator](): Generator<Message> {
    yield* this.#again
    // The first is the earliest of its kind.
    if (this.#fresh[0]) yield this.#fresh[0]
  }

  /**
   * Gives messages out in order. `give` answers whether it took one; after a refusal the next are
   * offered only when messages may pass each other.
   */
  drain(give: (message: Message) => boolean, mayPass: boolean): void {
    const isPassed = drainQueue(this.#again, give, mayPass)
    if (isPassed) drainQueue(this.#fresh, give, mayPass)
    if (!this.isFull) this.wake()
  }

  /** Resolves when there may be room. */
  room(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}

/** Answers whether the queue behind this one may be offered too. */
function drainQueue(
  queue: Message[],
  give: (message: Message) => boolean,
  mayPass: boolean,
): boolean {
  let index = 0
  while (index < queue.length) {
    if (give(queue[index]!)) queue.splice(index, 1)
    else if (mayPass) index++
    else return false
  }
  return true
}
