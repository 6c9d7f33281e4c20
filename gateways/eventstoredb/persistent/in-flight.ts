import type { Clock } from '#events/clock.ts'

import type { Consumer, Message } from '#gateways/eventstoredb/persistent/consumer.ts'

interface Sent {
  readonly message: Message
  readonly consumer: Consumer
  readonly dueAt: number
}

/** Messages that consumers have and that are not settled, with one timer for all. */
export class InFlight {
  /** In the order of sending, and so in the order of their times, for all have the same. */
  readonly #sent = new Map<string, Sent>()
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #late: (message: Message) => void
  #cancel: (() => void) | undefined

  /** `late` is told of each message that was not settled in time. 0: they may take for ever. */
  constructor(clock: Clock, timeoutMs: number, late: (message: Message) => void) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#late = late
  }

  get size(): number {
    return this.#sent.size
  }

  has(id: string): boolean {
    return this.#sent.has(id)
  }

  *messages(): Generator<Message> {
    for (const { message } of this.#sent.values()) yield message
  }

  add(message: Message, consumer: Consumer): void {
    consumer.inFlight++
    const dueAt = this.#clock.now() + this.#timeoutMs
    this.#sent.set(message.id, { message, consumer, dueAt })
    this.#arm()
  }

  /** Takes a message back from a consumer; undefined when it does not have it any more. */
  take(id: string, consumer: Consumer): Message | undefined {
    const sent = this.#sent.get(id)
    if (!sent || sent.consumer !== consumer) return undefined
    this.#remove(sent)
    return sent.message
  }

  /** Takes all back from a consumer. */
  takeAll(consumer: Consumer): Message[] {
    const all = [...this.#sent.values()].filter((sent) => sent.consumer === consumer)
    for (const sent of all) this.#remove(sent)
    return all.map(({ message }) => message)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #remove({ message, consumer }: Sent): void {
    this.#sent.delete(message.id)
    consumer.inFlight--
    if (this.#sent.size === 0) this.stop()
  }

  #arm(): void {
    if (this.#timeoutMs === 0 || this.#cancel) return
    const first = this.#sent.values().next().value
    if (!first) return
    this.#cancel = this.#clock.after(first.dueAt - this.#clock.now(), () => this.#expire())
  }

  #expire(): void {
    this.#cancel = undefined
    const now = this.#clock.now()
    // Those that are sent again in here are due later, and stand at the end.
    for (const sent of this.#sent.values()) {
      if (sent.dueAt > now) break
      this.#remove(sent)
      this.#late(sent.message)
    }
    this.#arm()
  }
}
