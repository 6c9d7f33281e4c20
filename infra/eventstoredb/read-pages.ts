import { LogUnavailable, type ReadAllOptions, type ReadStreamOptions } from '#events/event-log.ts'
import { type Fact, kindOf, LOG_START } from '#events/fact.ts'

import { isShown, presented } from '#infra/log/lift.ts'

import type { Backoff } from '#infra/eventstoredb/backoff.ts'
import type { Connection, ReadLife } from '#infra/eventstoredb/connection.ts'
import { factOf } from '#infra/eventstoredb/event-codec.ts'
import { failureOf, translated } from '#infra/eventstoredb/failures.ts'
import type { ReadEvent, ReadReq, ReadResp, RecordedEvent } from '#infra/eventstoredb/protocol.ts'
import {
  type AllRead,
  type Place,
  readAllRequest,
  readStreamRequest,
  type StreamFilter,
} from '#infra/eventstoredb/requests.ts'

/** One call asks for at most so much, so that a slow reader holds nothing open at the server. */
const PAGE_EVENTS = 1_000
const PAGE_BYTES = 4 * 1024 * 1024
const ATTEMPTS = 3

/** What reading takes. */
export interface ReadDeps {
  readonly connection: Connection
  readonly backoff: Backoff
}

interface PageOptions {
  readonly count: number
  /** For the words of an error. */
  readonly stream?: string
  readonly life?: ReadLife
}

interface Page {
  readonly events: readonly ReadEvent[]
  /** Whether there may be more: the page is full, in events or in bytes. */
  readonly isFull: boolean
}

/**
 * One page. A stream that is not there, or is deleted, has no events. A call that fails on the
 * way is made again, a bounded number of times: reading changes nothing.
 */
export async function readPage(
  { connection, backoff }: ReadDeps,
  request: ReadReq,
  { count, stream, life = 'page' }: PageOptions,
): Promise<Page> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await collect(connection.read(request, life), count)
    } catch (cause) {
      const failure = failureOf(cause)
      if (failure === 'not-found') return { events: [], isFull: false }
      const isPassing = failure === 'unavailable' || failure === 'elsewhere'
      if (!isPassing || attempt + 1 >= ATTEMPTS || connection.closing.aborted) {
        throw translated(cause, stream === undefined ? {} : { stream })
      }
      await backoff.pause(attempt, connection.closing)
    }
  }
}

async function collect(responses: AsyncIterable<ReadResp>, count: number): Promise<Page> {
  const events: ReadEvent[] = []
  let bytes = 0
  for await (const response of responses) {
    if (!response.hasEvent()) continue
    const event = response.getEvent()!
    events.push(event)
    bytes += sizeOf(event.getEvent())
    // Two at least: the first may be the one from which the page begins.
    if (bytes > PAGE_BYTES && events.length > 1) return { events, isFull: true }
  }
  return { events, isFull: events.length >= count }
}

/** Of what its writer has sent: other programs' metadata may be larger than their data. */
export function sizeOf(event: RecordedEvent | undefined): number {
  if (!event) return 0
  return event.getData_asU8().length + event.getCustomMetadata_asU8().length
}

/** A stream's facts, oldest or newest first. Throws `StreamEnded` when it is tombstoned. */
export async function* readStreamPages(
  deps: ReadDeps,
  stream: string,
  { from, direction = 'forwards', limit = Number.POSITIVE_INFINITY, as }: ReadStreamOptions,
): AsyncGenerator<Fact> {
  let next = from
  let left = limit
  while (left > 0 && (next === undefined || next >= 0)) {
    const count = Math.min(PAGE_EVENTS, left)
    const request = readStreamRequest({ stream, from: next, direction, count })
    const { events, isFull } = await readPage(deps, request, { count, stream })
    for (const event of events) {
      const fact = presented(factOf(event.getEvent()!), as)
      next = fact.version + (direction === 'forwards' ? 1 : -1)
      yield fact
    }
    left -= events.length
    if (!isFull) return
  }
}

/** Which streams the server shall look at; the rest is left out on this side. */
export function filterFor(
  kinds: readonly string[] | undefined,
  as: ReadAllOptions['as'],
): StreamFilter | undefined {
  // A kind is all of a name without a dash, so the dash is no part of the beginning.
  if (kinds && kinds.length > 0) return { prefixes: kinds }
  return as === 'records' ? undefined : 'not-system'
}

/** Whether a reader of some kinds, or all, wants a stream. */
export function wantedBy({ kinds, as }: Pick<ReadAllOptions, 'kinds' | 'as'>) {
  const set = kinds && new Set(kinds)
  return (stream: string): boolean => isShown(stream, as) && (!set || set.has(kindOf(stream)))
}

/** The log, or some kinds of it, from `$all`. */
export async function* readAllPages(deps: ReadDeps, options: ReadAllOptions): AsyncGenerator<Fact> {
  const { direction = 'forwards', limit = Number.POSITIVE_INFINITY, kinds, as } = options
  if (kinds?.length === 0) return
  const isForwards = direction === 'forwards'
  const filter = filterFor(kinds, as)
  const isWanted = wantedBy(options)
  const after = options.after ?? (isForwards ? LOG_START : undefined)
  if (!isForwards && after === LOG_START) return
  let left = limit
  if (left <= 0) return
  // One more than is wanted, because the server begins with the event at the position itself.
  const count = () => Math.min(PAGE_EVENTS, left) + 1
  for await (const events of pagesOfAll(deps, { from: after, direction, count, filter })) {
    for (const event of events) {
      const fact = factOf(event)
      const { position } = fact
      if (after !== undefined && (isForwards ? position <= after : position >= after)) continue
      if (!isWanted(fact.stream)) continue
      yield presented(fact, as)
      if (--left <= 0) return
    }
  }
}

interface AllPages extends Omit<AllRead, 'count'> {
  readonly from: number | undefined
  /** Asked for before each page; two at least, or none could be more than the one before ended with. */
  readonly count: () => number
}

/**
 * The events of `$all` page by page; the first page may begin with the one at `from`.
 *
 * Within an explicit transaction, which the old TCP protocol had, a page begins where the one before
 * ended. Backwards EventStoreDB itself leaves out what is left of such a transaction then
 * (`ReadAllEventsBackward` of its AllReader), and only the newest page is complete.
 */
export async function* pagesOfAll(
  deps: ReadDeps,
  { from, direction, count: countNow, filter }: AllPages,
): AsyncGenerator<RecordedEvent[]> {
  const life = filter ? 'scan' : 'page'
  let start: number | Place | undefined = from
  for (;;) {
    const count = countNow()
    const request = readAllRequest({ from: start, direction, count, filter })
    const page = await readPage(deps, request, { count, life })
    const begunAt = start
    const events = page.events.map((event) => event.getEvent()!)
    yield events.filter((event) => !isAt(event, begunAt))
    const last = events.at(-1)
    if (!page.isFull || !last) return
    if (isAt(last, begunAt)) throw new LogUnavailable('EventStoreDB answers one page for ever')
    start = { commit: last.getCommitPosition(), prepare: last.getPreparePosition() }
  }
}

function isAt(event: RecordedEvent, place: number | Place | undefined): boolean {
  if (typeof place !== 'object') return false
  return event.getCommitPosition() === place.commit && event.getPreparePosition() === place.prepare
}
