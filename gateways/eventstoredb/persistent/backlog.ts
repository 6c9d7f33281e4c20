import type { Message } from '#gateways/eventstoredb/persistent/consumer.ts'

/** Messages that wait for a consumer: those to be tried again first, each in log order. */
export class Backlog {
  readonly #fresh: Message[] = []
  readonly #again: Message[] = []
  readonly #limit: number
  #waiting: (() => void)[] = []

  /**
   * `limit`: of fresh messages. Those that come back from consumers are bounded by what they may
   * hold; those that are replayed come as long as not so many are to be tried again.
   */
  constructor(limit: number) {
    this.#limit = limit
  }

  get counts(): { readonly fresh: number; readonly again: number } {
    return { fresh: this.#fresh.length, again: this.#again.length }
  }

  get isFull(): boolean {
    return this.#fresh.length >= this.#limit
  }

  get isFullAgain(): boolean {
    return this.#again.length >= this.#limit
  }

  push(message: Message): void {
    this.#fresh.push(message)
  }

  putBack(message: Message): void {
    // Most come in order. A sort for each would take the square of what is replayed at once.
    let index = this.#again.length
    while (index > 0 && this.#again[index - 1]!.position > message.position) index--
    this.#again.splice(index, 0, message)
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
    this.wake()
  }

  /** Resolves when there may be room: whoever waits looks again. */
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
