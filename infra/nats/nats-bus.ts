import type { BusFilter, BusSubscription, EventBus } from '#events/event-bus.ts'
import { type Fact, LOG_START } from '#events/fact.ts'
import { createInProcessBus } from '#infra/memory/in-process-bus.ts'

import type { Nats } from '#infra/nats/connect-nats.ts'
import { factIn } from '#infra/nats/fact-message.ts'
import { FactPublisher } from '#infra/nats/fact-publisher.ts'
import { type FactStreamOptions, lastOf, openFactStream } from '#infra/nats/fact-stream.ts'
import type { FactPlace } from '#infra/nats/fact-subjects.ts'
import { natsTrouble } from '#infra/nats/nats-trouble.ts'
import { StreamReader, type StreamMessage } from '#infra/nats/stream-reader.ts'

/** The bus over JetStream. */
export interface NatsBus extends EventBus {
  /** Where the facts are, for whoever follows them by themselves. */
  readonly place: FactPlace
  /**
   * The position after which publishing goes on; undefined when the stream holds no fact.
   * `publish` must then be given every fact after it, in the order of the log.
   */
  resume(): Promise<number | undefined>
  /** The same promise for a stream that holds no fact: `publish` is given all after a position. */
  beginAfter(position: number): void
  /** Whether facts get out now, and why not. */
  health(): { readonly ok: boolean; readonly detail: string }
  /**
   * Rejects whatever is being published, and what is given before the next `resume`; subscribers
   * still hear of what the others publish.
   */
  stopPublishing(): void
}

/**
 * Carries facts through a JetStream stream to all processes.
 *
 * `publish` resolves when the stream has the facts on its disk. A process reads the stream once,
 * in order, for all its subscribers: however many there are, the server sends each fact once, and
 * after a loss of the connection reading goes on where it was. `publish` waits out a server that
 * is away, until `close`. Who subscribes meanwhile may also hear of facts that had just been
 * published; the first subscriber of a process gets `NatsTrouble`.
 */
export async function createNatsBus(nats: Nats, options: FactStreamOptions = {}): Promise<NatsBus> {
  const place = await openFactStream(nats, options)
  const restore = () => openFactStream(nats, options)
  const newPublisher = () => new FactPublisher(nats, place, restore)
  let publisher = newPublisher()
  let isClosed = false
  const readers = new Readers(nats, place, restore)
  return {
    place,
    resume() {
      // What was stopped stays stopped; whoever publishes next begins anew.
      if (publisher.isClosed && !isClosed) publisher = newPublisher()
      return publisher.resume()
    },
    beginAfter: (position) => publisher.beginAfter(position),
    health() {
      if (!nats.isConnected()) return { ok: false, detail: 'NATS is out of reach' }
      const trouble = publisher.trouble
      return { ok: !trouble, detail: trouble?.message ?? `nats-server ${nats.serverVersion()}` }
    },
    stopPublishing: () => publisher.close(),
    publish: (facts) => publisher.publish(facts),
    subscribe: (filter, handle) => readers.subscribe(filter, handle),
    async close() {
      isClosed = true
      publisher.close()
      await readers.close()
    },
  }
}

/** One reader of the stream, and the subscribers of this process. */
class Readers {
  readonly #nats: Nats
  readonly #place: FactPlace
  readonly #restore: () => Promise<unknown>
  readonly #local: EventBus
  #reader: Promise<StreamReader> | undefined
  /**
   * Of the last fact handed out, or published before reading began. What is old is told by the
   * facts' positions: the numbers of a stream that was made anew begin again.
   */
  #position = LOG_START

  constructor(nats: Nats, place: FactPlace, restore: () => Promise<unknown>) {
    this.#nats = nats
    this.#place = place
    this.#restore = restore
    this.#local = createInProcessBus(nats.report)
  }

  /** Hands out what is published from now on: what is still on its way here was before. */
  async subscribe(filter: BusFilter, handle: (fact: Fact) => void): Promise<BusSubscription> {
    await this.#reading()
    let early: Fact[] | undefined = []
    let after = this.#position
    const subscription = await this.#local.subscribe(filter, (fact) => {
      if (early) early.push(fact)
      else if (fact.position > after) handle(fact)
    })
    if (this.#nats.isConnected()) after = await this.#publishedBy(after)
    const missed = early
    early = undefined
    for (const fact of missed) {
      if (fact.position > after) this.#handOver(fact, handle)
    }
    return subscription
  }

  async close(): Promise<void> {
    await this.#local.close()
    const reader = await this.#reader?.catch(() => undefined)
    await reader?.stop()
  }

  async #reading(): Promise<void> {
    if (!this.#reader) {
      this.#reader = this.#read()
      // The next subscriber tries again.
      this.#reader.catch(() => (this.#reader = undefined))
    }
    await this.#reader
  }

  /** The position of the last fact published; `known` when the stream does not tell. */
  async #publishedBy(known: number): Promise<number> {
    try {
      return (await lastOf(this.#nats, this.#place.stream)).position ?? known
    } catch (cause) {
      this.#nats.report(natsTrouble('cannot tell what was published before', cause))
      return known
    }
  }

  async #read(): Promise<StreamReader> {
    const { sequence, position } = await lastOf(this.#nats, this.#place.stream)
    this.#position = Math.max(this.#position, position ?? LOG_START)
    const reader = new StreamReader({
      nats: this.#nats,
      stream: this.#place.stream,
      after: sequence,
      handle: (message) => this.#handOut(message),
      restore: this.#restore,
    })
    await reader.start()
    return reader
  }

  #handOut({ message }: StreamMessage): void {
    let fact: Fact
    try {
      fact = factIn(message)
    } catch (cause) {
      return this.#nats.report(natsTrouble('somebody else writes into the stream', cause))
    }
    // A stream that was made anew is read from its start.
    if (fact.position <= this.#position) return
    this.#position = fact.position
    void this.#local.publish([fact])
  }

  #handOver(fact: Fact, handle: (fact: Fact) => void): void {
    try {
      handle(fact)
    } catch (cause) {
      this.#nats.report(cause)
    }
  }
}
