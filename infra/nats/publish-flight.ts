import { createInbox, type Msg, type MsgHdrs, type PubAck, type Subscription } from 'nats'

import type { Nats } from '#infra/nats/connect-nats.ts'
import { JETSTREAM_ERRORS, NatsTrouble } from '#infra/nats/nats-trouble.ts'

/** Messages and bytes on their way at once. */
const WINDOW = { messages: 512, bytes: 4 * 1024 * 1024 } as const

/** Takes the stream's answers to what is published, and hands them to the flight they are for. */
export class Acknowledgements {
  readonly #nats: Nats
  readonly #inbox = createInbox()
  readonly #subscription: Subscription
  readonly #forgetReconnect: () => void
  #flight: Flight | undefined
  #number = 0

  constructor(nats: Nats) {
    this.#nats = nats
    this.#subscription = nats.connection.subscribe(`${this.#inbox}.*.*`, {
      callback: (error, message) => {
        if (error) return this.#flight?.fail(error)
        const [number, index] = message.subject.slice(this.#inbox.length + 1).split('.')
        if (Number(number) === this.#number) this.#flight?.answered(message, Number(index))
      },
    })
    this.#forgetReconnect = nats.onReconnect(() => {
      this.#flight?.fail(new NatsTrouble('nats-unreachable', 'the connection was lost on the way'))
    })
  }

  /** A flight whose first message must become the one after `sequence`. */
  begin(sequence: number): Flight {
    this.#flight?.end()
    const inbox = `${this.#inbox}.${++this.#number}`
    return (this.#flight = new Flight(this.#nats, inbox, sequence))
  }

  close(): void {
    this.#flight?.end()
    this.#forgetReconnect()
    this.#subscription.unsubscribe()
  }
}

/** Messages sent one behind the other, and how many of them the stream has acknowledged. */
export class Flight {
  readonly #nats: Nats
  readonly #inbox: string
  readonly #sequence: number
  readonly #sizes: number[] = []
  #bytes = 0
  #acknowledged = 0
  #heardAt: number
  #trouble: unknown
  #wake = () => {}
  #cancel = () => {}

  constructor(nats: Nats, inbox: string, sequence: number) {
    this.#nats = nats
    this.#inbox = inbox
    this.#sequence = sequence
    this.#heardAt = nats.clock.now()
    this.#watch(nats.requestTimeoutMs)
  }

  /** `headersFor` is given the number that the stream's last message must have. */
  send(subject: string, payload: Uint8Array, headersFor: (sequence: number) => MsgHdrs): void {
    const index = this.#sizes.push(payload.length) - 1
    this.#bytes += payload.length
    const reply = `${this.#inbox}.${index}`
    const headers = headersFor(this.#sequence + index)
    this.#nats.connection.publish(subject, payload, { reply, headers })
  }

  /** Resolves when so many bytes more may be sent; rejects when something before has failed. */
  async room(bytes: number): Promise<void> {
    const isFull = () => this.#inFlight >= WINDOW.messages || this.#bytes + bytes > WINDOW.bytes
    while (this.#inFlight > 0 && isFull()) await this.#change()
    if (this.#trouble !== undefined) throw this.#trouble
  }

  /** Resolves when the stream has all. */
  async landed(): Promise<void> {
    while (this.#inFlight > 0) await this.#change()
    if (this.#trouble !== undefined) throw this.#trouble
  }

  end(): void {
    this.#cancel()
  }

  fail(cause: unknown): void {
    this.#trouble ??= cause
    this.#wake()
  }

  answered(message: Msg, index: number): void {
    const ack = acknowledgementIn(message)
    // As a repetition too, it must lie where it was meant to.
    if (ack?.seq !== this.#sequence + index + 1) return this.fail(refusalIn(message, ack))
    this.#acknowledged++
    this.#bytes -= this.#sizes[index]!
    this.#heardAt = this.#nats.clock.now()
    this.#wake()
  }

  get #inFlight(): number {
    return this.#sizes.length - this.#acknowledged
  }

  async #change(): Promise<void> {
    if (this.#trouble === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#trouble !== undefined) throw this.#trouble
  }

  #watch(delayMs: number): void {
    const { clock, requestTimeoutMs } = this.#nats
    this.#cancel = clock.after(delayMs, () => {
      const silentMs = clock.now() - this.#heardAt
      if (silentMs < requestTimeoutMs) return this.#watch(requestTimeoutMs - silentMs)
      if (this.#inFlight === 0) return this.#watch(requestTimeoutMs)
      this.fail(new NatsTrouble('nats-timeout', 'the stream has not acknowledged in time'))
    })
  }
}

interface Acknowledgement extends Partial<PubAck> {
  readonly error?: { readonly err_code: number; readonly description: string }
}

function acknowledgementIn(message: Msg): Acknowledgement | undefined {
  return message.data.length === 0 ? undefined : message.json<Acknowledgement>()
}

function refusalIn(message: Msg, ack: Acknowledgement | undefined): NatsTrouble {
  if (ack?.error?.err_code === JETSTREAM_ERRORS.wrongLastSequence || ack?.duplicate) {
    return new NatsTrouble('nats-overtaken', 'the stream goes on otherwise than was thought')
  }
  if (ack) return new NatsTrouble('nats-refused', message.string())
  const { code = 0, description = '' } = message.headers ?? {}
  if (code === 503) return new NatsTrouble('nats-no-jetstream', 'no stream takes facts')
  return new NatsTrouble('nats-refused', `${code} ${description}`)
}
