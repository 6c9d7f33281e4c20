import { randomUUID } from 'node:crypto'

import { type Fact, kindOf } from '#events/fact.ts'

import type { Nats } from '#infra/nats/connect-nats.ts'
import { factIn, previousIn } from '#infra/nats/fact-message.ts'
import { firstAfter, lastOf } from '#infra/nats/fact-stream.ts'
import { FACT_PLACE } from '#infra/nats/fact-subjects.ts'
import { NatsTrouble, natsTrouble } from '#infra/nats/nats-trouble.ts'
import { StreamReader, type StreamMessage } from '#infra/nats/stream-reader.ts'

/**
 * Facts that the stream does not have, or does not know whether there are any: they have aged out,
 * or were never published. Both ends are excluded; without `before` it is the rest of the log.
 */
export interface Hole {
  readonly after: number
  readonly before: number | undefined
}

export interface FollowOptions {
  /** The subscriber. Letters, digits, `-` and `_`; one process at a time follows under it. */
  readonly name: string
  readonly stream?: string
  /** Only facts of these kinds. Default: all. */
  readonly kinds?: readonly string[]
  /** The subscriber's own store: what it has done, and up to where, belong together. */
  readonly loadCheckpoint: () => Promise<number>
  readonly saveCheckpoint: (position: number) => Promise<void>
  /** Facts in log order, each once since the checkpoint; the next ones wait until it is settled. */
  readonly deliver: (facts: readonly Fact[], through: number) => Promise<void> | void
  /** Does the work for the facts of a hole from the log itself; answers how far it has come. */
  readonly readLog: (hole: Hole) => Promise<number>
  /** A function above has thrown, or another process now follows under the name: it has ended. */
  readonly failed: (cause: unknown) => void
  /** Facts that may wait here. Default 1,000. */
  readonly maxPending?: number
}

const MAX_PENDING = 1_000

/**
 * Follows the facts from a checkpoint of one's own, in a process that need not have the log at
 * hand unless there is a hole. The server keeps a consumer under the name, so that its own tools
 * show how far behind it is, and sends no more than `maxPending` facts ahead.
 */
export async function followNats(
  nats: Nats,
  options: FollowOptions,
): Promise<{ stop(): Promise<void> }> {
  const follower = new Follower(nats, options)
  await follower.start()
  return { stop: () => follower.stop() }
}

class Follower {
  readonly #nats: Nats
  readonly #options: FollowOptions
  readonly #stream: string
  readonly #isWanted: (fact: Fact) => boolean
  #reader: StreamReader | undefined
  #queue: StreamMessage[] = []
  /** The number of the last message that has left the queue. */
  #taken = 0
  #position = 0
  #wake = () => {}
  #isEnded = false
  #running: Promise<void> = Promise.resolve()

  constructor(nats: Nats, options: FollowOptions) {
    this.#nats = nats
    this.#options = options
    this.#stream = options.stream ?? FACT_PLACE.stream
    const kinds = options.kinds && new Set(options.kinds)
    this.#isWanted = kinds ? ({ stream }) => kinds.has(kindOf(stream)) : () => true
  }

  async start(): Promise<void> {
    const { name, loadCheckpoint, maxPending = MAX_PENDING } = this.#options
    this.#position = await loadCheckpoint()
    this.#taken = await this.#firstMessage()
    this.#reader = new StreamReader({
      nats: this.#nats,
      stream: this.#stream,
      after: this.#taken,
      durable: { name, owner: randomUUID(), maxAckPending: maxPending },
      handle: (message) => {
        this.#queue.push(message)
        this.#wake()
      },
      rewind: () => {
        this.#queue = []
        return this.#taken
      },
      takenOver: (cause) => this.#end(cause),
    })
    await this.#reader.start()
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#isEnded = true
    this.#wake()
    await this.#running
    await this.#reader?.stop()
  }

  /** The number after which the stream is read. */
  async #firstMessage(): Promise<number> {
    try {
      const last = await lastOf(this.#nats, this.#stream)
      const first = await firstAfter(this.#nats, this.#stream, this.#position)
      if (first) return first.sequence - 1
      // Without a single message nobody knows whether there was one for us.
      if (last.position === undefined)
        await this.#fill({ after: this.#position, before: undefined })
      return last.sequence
    } catch (cause) {
      throw natsTrouble(`${this.#options.name} cannot follow ${this.#stream}`, cause)
    }
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isEnded) {
        if (this.#queue.length === 0) await new Promise<void>((wake) => (this.#wake = wake))
        const messages = this.#queue
        this.#queue = []
        this.#taken = messages.at(-1)?.sequence ?? this.#taken
        if (!this.#isEnded && messages.length > 0) await this.#take(messages)
      }
    } catch (cause) {
      void this.#reader?.stop()
      this.#end(cause)
    }
  }

  #end(cause: unknown): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#wake()
    this.#options.failed(cause)
  }

  async #take(messages: readonly StreamMessage[]): Promise<void> {
    let facts: Fact[] = []
    for (const { message } of messages) {
      const fact = this.#read(message)
      const previous = previousIn(message.headers)
      if (fact.position <= (facts.at(-1)?.position ?? this.#position)) continue
      if (previous === undefined || previous > (facts.at(-1)?.position ?? this.#position)) {
        await this.#deliver(facts)
        facts = []
        await this.#fill({ after: this.#position, before: fact.position })
        if (fact.position <= this.#position) continue
      }
      facts.push(fact)
    }
    await this.#deliver(facts)
    this.#reader!.acknowledge(messages.at(-1)!)
  }

  #read(message: StreamMessage['message']): Fact {
    try {
      return factIn(message)
    } catch (cause) {
      throw new NatsTrouble('nats-refused', 'somebody else writes into the stream', cause)
    }
  }

  async #deliver(facts: readonly Fact[]): Promise<void> {
    const through = facts.at(-1)?.position
    if (through === undefined) return
    const wanted = facts.filter(this.#isWanted)
    if (wanted.length > 0) await this.#options.deliver(wanted, through)
    await this.#moveTo(through)
  }

  async #fill(hole: Hole): Promise<void> {
    const through = await this.#options.readLog(hole)
    await this.#moveTo(Math.max(through, (hole.before ?? 0) - 1))
  }

  async #moveTo(position: number): Promise<void> {
    if (position <= this.#position) return
    await this.#options.saveCheckpoint(position)
    this.#position = position
  }
}
