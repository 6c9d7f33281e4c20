import { type Fact, LOG_START } from '#events/fact.ts'

import type { Nats } from '#infra/nats/connect-nats.ts'
import { headersOf } from '#infra/nats/fact-message.ts'
import { lastOf, type StoredPlace } from '#infra/nats/fact-stream.ts'
import { type FactPlace, subjectOf } from '#infra/nats/fact-subjects.ts'
import {
  JETSTREAM_ERRORS,
  jetStreamError,
  NatsTrouble,
  natsTrouble,
} from '#infra/nats/nats-trouble.ts'
import { Acknowledgements } from '#infra/nats/publish-flight.ts'

const RETRY_MS = 500

/**
 * Puts facts into the stream in the order of the log, each once.
 *
 * Each message names the number that the stream's last message must have. So nothing can overtake:
 * after a failure whatever was sent behind it fails too, and of several processes that publish
 * the same log at once one alone writes each fact. After any failure the stream is asked what
 * its last fact is, and it goes on from there.
 */
export class FactPublisher {
  readonly #nats: Nats
  readonly #place: FactPlace
  readonly #restore: () => Promise<unknown>
  readonly #acknowledgements: Acknowledgements
  #last: StoredPlace | undefined
  /** The last fact that this process was given, or knows to have been published. */
  #given: number | undefined
  #turn: Promise<void> = Promise.resolve()
  readonly #closed = Promise.withResolvers<never>()
  #isClosed = false
  #trouble: NatsTrouble | undefined

  /** `restore` makes the stream again when the server has lost it. */
  constructor(nats: Nats, place: FactPlace, restore: () => Promise<unknown>) {
    this.#nats = nats
    this.#place = place
    this.#restore = restore
    this.#acknowledgements = new Acknowledgements(nats)
    this.#closed.promise.catch(() => {})
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Why the facts do not get out, as long as they do not. */
  get trouble(): NatsTrouble | undefined {
    return this.#trouble
  }

  /**
   * The position after which publishing goes on, or undefined when the stream holds no fact.
   * Whoever has asked and gives every fact after it gets messages that name their predecessor.
   */
  async resume(): Promise<number | undefined> {
    this.#last = await this.#retrying('ask for the last fact', () => this.#askLast())
    // All may have aged out since this process published.
    this.#given = this.#last.position ?? this.#given
    return this.#given
  }

  /** The caller gives every fact after this position, for a stream that holds none. */
  beginAfter(position: number): void {
    this.#given ??= position
  }

  /**
   * Resolves when the stream has all of them; as long as it cannot, it tries again. Rejects with
   * `NatsTrouble`: `nats-payload-too-large`; `nats-closed`; `nats-lost-facts` when the stream has
   * lost what it had acknowledged, so that publishing must begin again after `resume()`.
   */
  async publish(facts: readonly Fact[]): Promise<void> {
    const turn = this.#turn.then(() => this.#publish(facts))
    this.#turn = turn.catch(() => {})
    await turn
  }

  close(): void {
    this.#isClosed = true
    this.#acknowledgements.close()
    this.#closed.reject(new NatsTrouble('nats-closed', 'the bus is closed'))
  }

  async #publish(facts: readonly Fact[]): Promise<void> {
    const before = this.#given
    let overtakenAt: number | undefined
    await this.#retrying('publish', async () => {
      this.#last ??= await this.#askLast()
      const done = this.#last.position
      if (done !== undefined && before !== undefined && done < before) {
        const message = `the stream ends at position ${done}, ${before} has been published before`
        throw new NatsTrouble('nats-lost-facts', message)
      }
      const first = facts.findIndex(({ position }) => position > (done ?? LOG_START))
      if (first < 0) return
      const { sequence } = this.#last
      this.#last = undefined
      try {
        this.#last = await this.#send(facts, first, before, sequence)
      } catch (cause) {
        if (!isOvertaken(cause)) throw cause
        if (overtakenAt === sequence) throw stillKnown(cause)
        overtakenAt = sequence
        throw cause
      }
    })
    this.#given = facts.at(-1)?.position ?? before
  }

  async #askLast(): Promise<StoredPlace> {
    try {
      return await lastOf(this.#nats, this.#place.stream)
    } catch (cause) {
      if (jetStreamError(cause) !== JETSTREAM_ERRORS.streamNotFound) throw cause
      await this.#restore()
      return await lastOf(this.#nats, this.#place.stream)
    }
  }

  async #send(
    facts: readonly Fact[],
    first: number,
    before: number | undefined,
    sequence: number,
  ): Promise<StoredPlace> {
    const flight = this.#acknowledgements.begin(sequence)
    try {
      for (let index = first; index < facts.length; index++) {
        const fact = facts[index]!
        const previous = facts[index - 1]?.position ?? before
        const subject = subjectOf(this.#place.prefix, fact.stream, fact.type)
        const payload = Buffer.from(JSON.stringify(fact))
        await Promise.race([flight.room(payload.length), this.#closed.promise])
        flight.send(subject, payload, (expected) => headersOf(fact, previous, expected))
      }
      await Promise.race([flight.landed(), this.#closed.promise])
    } finally {
      flight.end()
    }
    const count = facts.length - first
    return {
      sequence: sequence + count,
      position: facts.at(-1)!.position,
      previous: undefined,
    }
  }

  async #retrying<T>(what: string, run: () => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#isClosed) await this.#closed.promise
      try {
        const result = await run()
        this.#trouble = undefined
        return result
      } catch (cause) {
        const trouble = natsTrouble(`cannot ${what}`, cause)
        if (PERMANENT.has(trouble.code)) throw trouble
        // Another process publishes too: no trouble, and nothing to wait for.
        if (isOvertaken(trouble)) continue
        if (!this.#trouble) this.#nats.report(trouble)
        this.#trouble = trouble
      }
      await Promise.race([this.#pause(), this.#closed.promise])
    }
  }

  #pause(): Promise<void> {
    const { clock, jitter } = this.#nats
    return new Promise((resolve) => clock.after(jitter(RETRY_MS), resolve))
  }
}

function isOvertaken(cause: unknown): boolean {
  return cause instanceof NatsTrouble && cause.code === 'nats-overtaken'
}

/** Nobody has published: the server remembers the id of a message that it has no more. */
function stillKnown(cause: unknown): NatsTrouble {
  const message = 'the stream takes a fact for one that it has, and has it no more'
  return new NatsTrouble('nats-refused', message, cause)
}

const PERMANENT: ReadonlySet<string> = new Set([
  'nats-closed',
  'nats-payload-too-large',
  'nats-lost-facts',
])
