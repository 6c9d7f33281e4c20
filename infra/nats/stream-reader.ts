import { createInbox, type JetStreamManager, type Msg, type Subscription } from 'nats'

import type { Nats } from '#infra/nats/connect-nats.ts'
import {
  JETSTREAM_ERRORS,
  jetStreamError,
  NatsTrouble,
  natsTrouble,
} from '#infra/nats/nats-trouble.ts'
import {
  consumerConfig,
  type DurableConsumer,
  HEARTBEAT_MS,
  placeOf,
  PULL_MESSAGES,
  pullRequest,
  statusTrouble,
} from '#infra/nats/pull-consumer.ts'

/** A message of a JetStream stream. */
export interface StreamMessage {
  readonly message: Msg
  /** Its number in the stream. */
  readonly sequence: number
  /** Which consumer it came from: a reader makes one after the other. */
  readonly attempt: number
}

export interface StreamReaderOptions {
  readonly nats: Nats
  readonly stream: string
  /** The number of the last message that is not wanted; or the newest of each subject, then all. */
  readonly after: number | 'last-per-subject'
  /** Of the stream's subjects those that match. */
  readonly filter?: string
  readonly durable?: DurableConsumer
  /** Called with each message once, in the stream's order. It must not throw. */
  readonly handle: (message: StreamMessage) => void
  /** Where to go on with a new consumer. Default: after the last message handled. */
  readonly rewind?: () => number
  /** Makes the stream again when it is gone, as one in the server's memory is after a restart. */
  readonly restore?: () => Promise<unknown>
  /** Another process reads under the same durable name: this one has stopped. */
  readonly takenOver?: (cause: NatsTrouble) => void
}

/** Three heartbeats missed, and the consumer is taken for lost. */
const SILENCE_MS = 3 * HEARTBEAT_MS
const RETRY_MS = 500
const TAKE_OVERS = 3
const CATCH_UP_MS = 20_000
const CAUGHT_UP = -1

/**
 * Reads a stream in order, each message once, across losses of the connection, of messages on
 * their way and of the consumer itself: whatever is amiss, it makes a new consumer that starts
 * after the last message handled. A stream that is not the one it was is read from its start.
 */
export class StreamReader {
  readonly #options: StreamReaderOptions
  #manager: JetStreamManager | undefined
  #inbox: Subscription | undefined
  #consumer = ''
  /** The number of the last message handled. */
  #sequence: number | undefined
  /** How many messages the consumer has sent us; a jump means that one was lost. */
  #delivered = 0
  #requested = 0
  #created = ''
  #lastAcknowledged: StreamMessage | undefined
  /** What still has to be handled of what was there at the start. */
  #behind = 0
  readonly #caughtUp = Promise.withResolvers<void>()
  #heardAt = 0
  #attempt = 0
  #isOpening = false
  #isOpened = false
  #isStopped = false
  #isFailing = false
  #cancelWatch = () => {}
  #cancelRetry = () => {}
  readonly #forgetReconnect: () => void

  constructor(options: StreamReaderOptions) {
    this.#options = options
    this.#sequence = options.after === 'last-per-subject' ? undefined : options.after
    this.#forgetReconnect = options.nats.onReconnect(() => void this.#reopen())
  }

  /** Resolves when reading has begun. Rejects with `NatsTrouble` when it cannot. */
  async start(): Promise<void> {
    for (let attempt = 1; !this.#isOpened; attempt++) {
      try {
        await this.#open()
        this.#isOpened = true
      } catch (cause) {
        // Whoever had the durable name before may have made its consumer again in between.
        if (this.#options.durable && jetStreamError(cause) && attempt < TAKE_OVERS) continue
        await this.stop()
        throw natsTrouble(`the stream ${this.#options.stream} cannot be read`, cause)
      }
    }
    this.#watchSilence()
  }

  /** Resolves when what was there at the start has been handled, rejects when it takes long. */
  async caughtUp(): Promise<void> {
    const { clock } = this.#options.nats
    const late = new NatsTrouble('nats-timeout', `reading ${this.#options.stream} takes too long`)
    const cancel = clock.after(CATCH_UP_MS, () => this.#caughtUp.reject(late))
    try {
      await this.#caughtUp.promise
    } finally {
      cancel()
    }
  }

  /** Lets the server send more: all messages up to this one are done with. */
  acknowledge(through: StreamMessage): void {
    // A former consumer's numbers mean nothing to this one, though it bears the same name.
    const isCurrent = through.attempt === this.#attempt && !this.#isStopped
    if (!isCurrent || this.#lastAcknowledged === through) return
    this.#lastAcknowledged = through
    through.message.respond('+ACK')
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#forgetReconnect()
    this.#cancelWatch()
    this.#cancelRetry()
    this.#inbox?.unsubscribe()
    const { nats, stream, durable } = this.#options
    if (durable || this.#consumer === '' || !nats.isConnected()) return
    // The server would forget it by itself, later.
    await this.#manager?.consumers.delete(stream, this.#consumer).catch(() => {})
  }

  async #open(): Promise<void> {
    const { nats, stream, durable } = this.#options
    this.#inbox?.unsubscribe()
    this.#inbox = undefined
    const attempt = ++this.#attempt
    this.#manager ??= await nats.connection.jetstreamManager({ timeout: nats.requestTimeoutMs })
    const { state, created } = await this.#streamInfo(this.#manager)
    if (this.#isOpened && this.#options.rewind) this.#sequence = this.#options.rewind()
    const isAnother = this.#created !== '' && created !== this.#created
    if (isAnother || (this.#sequence ?? 0) > state.last_seq) {
      this.#sequence = this.#options.after === 'last-per-subject' ? undefined : 0
    }
    this.#created = created
    if (durable) await this.#removeDurable(durable)
    const { name, num_pending: pending } = await this.#manager.consumers.add(
      stream,
      consumerConfig(this.#sequence, this.#options),
    )
    if (this.#isStopped || attempt !== this.#attempt) return
    this.#consumer = name
    this.#delivered = 0
    this.#requested = 0
    if (this.#behind !== CAUGHT_UP) this.#behind = pending
    if (this.#sequence === undefined && pending === 0) this.#sequence = state.last_seq
    this.#inbox = nats.connection.subscribe(createInbox(), {
      callback: (error, message) => {
        if (attempt !== this.#attempt) return
        if (error) void this.#reopen(error)
        else this.#receive(message)
      },
    })
    this.#heardAt = nats.clock.now()
    this.#isFailing = false
    this.#pull()
    this.#noteProgress(0)
  }

  async #streamInfo({ streams }: JetStreamManager) {
    const { stream, restore } = this.#options
    try {
      return await streams.info(stream)
    } catch (cause) {
      if (!restore || jetStreamError(cause) !== JETSTREAM_ERRORS.streamNotFound) throw cause
      await restore()
      return await streams.info(stream)
    }
  }

  async #removeDurable({ name, owner }: DurableConsumer): Promise<void> {
    const { stream } = this.#options
    try {
      const { config } = await this.#manager!.consumers.info(stream, name)
      if (this.#isOpened && config.description !== owner) {
        throw new NatsTrouble('nats-taken-over', `another process now reads as ${name}`)
      }
      await this.#manager!.consumers.delete(stream, name)
    } catch (cause) {
      if (jetStreamError(cause) !== JETSTREAM_ERRORS.consumerNotFound) throw cause
    }
  }

  #pull(): void {
    if (this.#requested > PULL_MESSAGES / 2) return
    const { nats, stream } = this.#options
    const batch = PULL_MESSAGES - this.#requested
    this.#requested += batch
    nats.connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumer}`,
      pullRequest(batch),
      { reply: this.#inbox!.getSubject() },
    )
  }

  #receive(message: Msg): void {
    this.#heardAt = this.#options.nats.clock.now()
    const status = message.data.length === 0 ? (message.headers?.code ?? 0) : 0
    if (status === 0) this.#take(message)
    else if (status === 404 || status === 408 || status === 409) this.#pullEnded(message, status)
    else if (status !== 100) void this.#reopen(statusTrouble(message))
  }

  #pullEnded(message: Msg, status: number): void {
    const left = message.headers?.get('Nats-Pending-Messages')
    // What a pull ends with when the consumer is gone names nothing that is left.
    if (status === 409 && !left) return this.#consumerGone(statusTrouble(message))
    this.#requested = Math.max(0, this.#requested - Number(left || PULL_MESSAGES))
    this.#pull()
  }

  /** Another process may be about to take the name: it goes first. */
  #consumerGone(cause: NatsTrouble): void {
    if (this.#options.durable) this.#retryLater(cause)
    else void this.#reopen(cause)
  }

  #take(message: Msg): void {
    const { sequence, delivered } = placeOf(message)
    this.#requested--
    if (delivered !== this.#delivered + 1) {
      return void this.#reopen(new NatsTrouble('nats-out-of-order', 'a message was lost'))
    }
    this.#delivered = delivered
    // The server sends again what was not acknowledged in time.
    if (sequence > (this.#sequence ?? 0)) {
      this.#sequence = sequence
      this.#options.handle({ message, sequence, attempt: this.#attempt })
    }
    this.#noteProgress(1)
    this.#pull()
  }

  #noteProgress(handled: number): void {
    if (this.#behind === CAUGHT_UP) return
    this.#behind -= handled
    if (this.#behind > 0) return
    this.#behind = CAUGHT_UP
    this.#caughtUp.resolve()
  }

  async #reopen(cause?: unknown): Promise<void> {
    if (this.#isStopped || this.#isOpening) return
    this.#isOpening = true
    this.#cancelRetry()
    const { nats } = this.#options
    if (cause !== undefined) nats.report(natsTrouble('a NATS consumer is made anew', cause))
    try {
      await this.#open()
    } catch (trouble) {
      if (trouble instanceof NatsTrouble && trouble.code === 'nats-taken-over') {
        await this.stop()
        this.#options.takenOver?.(trouble)
      } else {
        this.#retryLater(trouble)
      }
    } finally {
      this.#isOpening = false
    }
  }

  #retryLater(cause: unknown): void {
    if (this.#isStopped) return
    const { nats, stream } = this.#options
    if (!this.#isFailing) nats.report(natsTrouble(`the stream ${stream} cannot be read`, cause))
    this.#isFailing = true
    // Each of the pulls under way ends with its consumer: they are one loss.
    this.#cancelRetry()
    this.#cancelRetry = nats.clock.after(nats.jitter(RETRY_MS), () => void this.#reopen())
  }

  #watchSilence(): void {
    const { nats } = this.#options
    this.#cancelWatch = nats.clock.after(HEARTBEAT_MS, () => {
      const isSilent = nats.clock.now() - this.#heardAt > SILENCE_MS
      // Without a connection there is nothing to be heard; reopening begins when it is back.
      if (isSilent && nats.isConnected() && !this.#isFailing) {
        void this.#reopen(new NatsTrouble('nats-timeout', 'the consumer is silent'))
      }
      if (!this.#isStopped) this.#watchSilence()
    })
  }
}
