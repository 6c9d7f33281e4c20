import type { Clock } from '#events/clock.ts'
import {
  type AppendResult,
  type ExpectedVersion,
  LogUnavailable,
  VersionConflict,
} from '#events/event-log.ts'
import { type Fact, kindOf, NO_VERSION, type NewFact } from '#events/fact.ts'

import { assertAppendable, findRepeated } from '#infra/log/append-rules.ts'

import { type EventOctets, eventOf, positionOf } from '#infra/eventstoredb/event-codec.ts'
import { failureOf, LogAccessDenied, translated } from '#infra/eventstoredb/failures.ts'
import type { Health } from '#infra/eventstoredb/health.ts'
import type { Lanes } from '#infra/eventstoredb/lanes.ts'
import type { AppendResp } from '#infra/eventstoredb/protocol.ts'
import { readAllPages, type ReadDeps, readStreamPages } from '#infra/eventstoredb/read-pages.ts'
import { RecordedIds } from '#infra/eventstoredb/recorded-ids.ts'

/** How often an append is sent again whose outcome nobody knows. */
const RETRIES = 3
/** How far back in a stream a repeated append is looked for. */
const LOOK_BACK = 1_000

export interface AppenderDeps extends ReadDeps {
  readonly lanes: Lanes
  readonly health: Health
  readonly clock: Clock
  /** After so long an append is not sent again. */
  readonly retryWithinMs: number
  /** Throws unless the stream has facts: EventStoreDB calls one with metadata alone existing. */
  readonly assertExists: (stream: string) => Promise<void>
}

interface Append {
  readonly stream: string
  readonly facts: readonly NewFact[]
  readonly events: readonly EventOctets[]
  readonly expected: ExpectedVersion
}

/** What the server says of an append that it has taken, or had. */
interface Taken {
  readonly version: number
  readonly position: number | undefined
}

/**
 * Appends with the idempotence of the port. EventStoreDB compares an append that expects a version
 * or no stream with what follows that version, whatever its age: a repeated one is answered with
 * the first one's revision. Expecting anything or some stream, it compares with the ids that it
 * remembers in memory. Added here: the ids that this process has appended; a look back in the stream
 * when the server sees a conflict, and before an append of the second sort is sent again.
 *
 * What cannot be given by a foreign server: an id that is recorded in another stream, or further
 * back than is remembered and looked, is appended as a new fact when the expectation holds.
 */
export class Appender {
  readonly #deps: AppenderDeps
  readonly #recorded = new RecordedIds()
  /** A position that the log has reached: an append at or before it is a repeated one. */
  #highest: number

  constructor(deps: AppenderDeps, head: number) {
    this.#deps = deps
    this.#highest = head
  }

  async append(
    stream: string,
    facts: readonly NewFact[],
    expected: ExpectedVersion,
  ): Promise<AppendResult> {
    assertAppendable(stream, facts)
    const append: Append = { stream, facts, events: facts.map(eventOf), expected }
    const recorded = await this.#deps.lanes.run(stream, () => this.#appendInTurn(append))
    this.#recorded.add(recorded)
    const { version, position } = recorded.at(-1)!
    this.#highest = Math.max(this.#highest, position)
    return { version, position, facts: recorded }
  }

  async #appendInTurn(append: Append): Promise<readonly Fact[]> {
    const before = this.#recorded.versionsOf(append.stream, append.facts)
    if (before) {
      const recorded = await this.#readBack(append, ...before)
      if (recorded) return recorded
    }
    const sentAt = this.#highest
    const answer = await this.#send(append)
    return Array.isArray(answer) ? answer : await this.#factsOf(append, answer as Taken, sentAt)
  }

  /** Sends an append until the server has said what has become of it. */
  async #send(append: Append): Promise<Taken | readonly Fact[]> {
    const { connection, backoff, health, clock, retryWithinMs } = this.#deps
    const { stream, expected } = append
    const startedAt = clock.now()
    let isUncertain = this.#recorded.isDoubtful(append.facts)
    // An expected version is compared by the server, unless it is another one than before.
    const looksFirst = isUncertain || expected === 'any' || expected === 'exists'
    for (let attempt = 0; ; attempt++) {
      try {
        if (expected === 'exists' && !isUncertain) await this.#deps.assertExists(stream)
        const earlier = isUncertain && looksFirst ? await this.#lookBack(append) : undefined
        const answer =
          earlier ??
          (await this.#judge(append, await connection.append(stream, append.events, expected)))
        health.succeeded()
        return answer
      } catch (cause) {
        const failure = failureOf(cause)
        const error = translated(cause, { stream, expected })
        const isPassing = error instanceof LogUnavailable && !(error instanceof LogAccessDenied)
        const isInTime = clock.now() < startedAt + retryWithinMs && !connection.closing.aborted
        if (isPassing && isInTime && attempt < RETRIES) {
          isUncertain ||= failure === 'unavailable'
          await backoff.pause(attempt, connection.closing)
          continue
        }
        if (isPassing) this.#recorded.doubt(append.facts)
        health.failed(error)
        throw error
      }
    }
  }

  /** The server's answer; for a conflict, the facts when they are in the stream already. */
  async #judge(append: Append, response: AppendResp): Promise<Taken | readonly Fact[]> {
    const { stream, expected } = append
    const success = response.getSuccess()
    if (success) {
      const position = success.getPosition()?.getCommitPosition()
      return {
        version: Number(success.getCurrentRevision()),
        position: position === undefined ? undefined : positionOf(position),
      }
    }
    const repeated = await this.#lookBack(append)
    if (repeated) return repeated
    const conflict = response.getWrongExpectedVersion()
    const actual = conflict?.hasCurrentRevision()
      ? Number(conflict.getCurrentRevision())
      : NO_VERSION
    throw new VersionConflict(stream, expected, actual)
  }

  /**
   * The recorded facts, with their true versions and positions. The answer tells those of the
   * last one; each of several has a position of its own, which only the log can tell.
   */
  async #factsOf(append: Append, { version, position }: Taken, sentAt: number) {
    const { stream, facts } = append
    const isNew = position !== undefined && position > sentAt
    const [only] = facts
    if (isNew && only && facts.length === 1) return [recordedAs(only, stream, version, position)]
    const recorded =
      (await this.#readBack(append, version - facts.length + 1, version)) ??
      (await this.#fromEnd(append)) ??
      (await this.#lookBack(append))
    if (!recorded) throw new LogUnavailable(`${stream} was changed while it was appended to`)
    return recorded
  }

  /** The facts at these versions, if they are those of the append and not hidden. */
  async #readBack({ stream, facts }: Append, first: number, last: number) {
    const options = { from: first, limit: last - first + 1, as: 'records' } as const
    const read = await Array.fromAsync(readStreamPages(this.#deps, stream, options))
    const isSame = read.length === facts.length && read.every(({ id }, n) => id === facts[n]!.id)
    return isSame ? read : undefined
  }

  /** The append among the newest facts of its stream. Throws `AppendRefused` for a part of it. */
  async #lookBack({ stream, facts }: Append): Promise<readonly Fact[] | undefined> {
    const limit = LOOK_BACK + facts.length
    const options = { direction: 'backwards', limit, as: 'records' } as const
    return await this.#findIn(readStreamPages(this.#deps, stream, options), stream, facts)
  }

  /** The append in `$all`, where it is even when the stream hides it: it is among the last. */
  async #fromEnd({ stream, facts }: Append): Promise<readonly Fact[] | undefined> {
    const limit = LOOK_BACK + facts.length
    const kinds = [kindOf(stream)]
    const options = { direction: 'backwards', limit, kinds, as: 'records' } as const
    return await this.#findIn(readAllPages(this.#deps, options), stream, facts)
  }

  async #findIn(read: AsyncIterable<Fact>, stream: string, facts: readonly NewFact[]) {
    const wanted = new Set(facts.map(({ id }) => id))
    const found = new Map<string, Fact>()
    for await (const fact of read) {
      if (wanted.has(fact.id) && fact.stream === stream) found.set(fact.id, fact)
      if (found.size === wanted.size) break
    }
    return findRepeated(stream, facts, (id) => found.get(id))
  }
}

function recordedAs(
  { id, type, data, meta }: NewFact,
  stream: string,
  version: number,
  position: number,
): Fact {
  return { id, type, data, meta, stream, version, position }
}
