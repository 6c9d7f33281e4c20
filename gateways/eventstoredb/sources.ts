import type { EventLog, ReadAllOptions, SubscribeOptions } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'

import { type EventFilter } from '#gateways/eventstoredb/filter.ts'
import { categoryOf } from '#gateways/eventstoredb/links.ts'

/** What is read: one stream, all of a kind through its category's stream, or the whole log. */
export type Source =
  | { readonly kind: 'stream'; readonly stream: string }
  | { readonly kind: 'category'; readonly stream: string; readonly category: string }
  | { readonly kind: 'all'; readonly filter?: EventFilter }

/** A place in a source: a revision of a stream, or a position of the log. */
export type Place = 'start' | 'end' | number

export function sourceOf(stream: string): Source {
  const category = categoryOf(stream)
  return category === undefined
    ? { kind: 'stream', stream }
    : { kind: 'category', stream, category }
}

export interface ReadOptions {
  readonly from: Place
  readonly direction: 'forwards' | 'backwards'
  readonly limit: number
  /** Ends a search that finds nothing. */
  readonly signal: AbortSignal
}

/**
 * Records from a place on, that one included; the whole log backwards is read from before the
 * place, as EventStoreDB does (IAllReader: positions of a backward read are post-positions).
 */
export function readSource(
  log: EventLog,
  source: Source,
  { from, direction, limit, signal }: ReadOptions,
): AsyncIterable<Fact> {
  const isBackwards = direction === 'backwards'
  // From the end forwards, and from the start backwards, there is nothing.
  if (from === (isBackwards ? 'start' : 'end')) return nothing()
  if (source.kind === 'stream') {
    const version = typeof from === 'number' ? { from } : {}
    return log.readStream(source.stream, { ...version, direction, limit, as: 'records' })
  }
  const kinds = source.kind === 'category' ? [source.category] : source.filter?.kinds
  const isFiltered = source.kind === 'all' && source.filter !== undefined
  const includes = source.kind === 'category' ? 1 : 0
  const after = typeof from === 'number' && (isBackwards ? from + includes : from - 1)
  const options: ReadAllOptions = {
    direction,
    as: 'records',
    ...(after !== false && { after }),
    ...(kinds && { kinds }),
    ...(!isFiltered && { limit }),
  }
  if (!isFiltered) return log.readAll(options)
  return chosen(log.readAll(options), source.filter, { limit, signal })
}

async function* nothing(): AsyncGenerator<Fact> {}

async function* chosen(
  records: AsyncIterable<Fact>,
  { isWanted }: EventFilter,
  { limit, signal }: Pick<ReadOptions, 'limit' | 'signal'>,
) {
  let left = limit
  if (left === 0) return
  for await (const record of records) {
    if (signal.aborted) return
    if (!isWanted(record)) continue
    yield record
    if (--left === 0) return
  }
}

/** How to subscribe to a source behind a place; of a stream, only from `fromVersion` on. */
export interface Following {
  readonly options: SubscribeOptions
  readonly fromVersion: number
}

/** How many records are taken at a time: what a subscriber that does not read may cost. */
const BATCH = 128

/**
 * A subscription that delivers what stands behind a place, or from it on when it is `inclusive`.
 */
export async function followSource(
  log: EventLog,
  source: Source,
  from: Place,
  inclusive = false,
): Promise<Following> {
  const common = { batchSize: BATCH, as: 'records' as const }
  if (source.kind === 'stream') {
    const { stream } = source
    const head = await log.head()
    if (from === 'end') return { options: { ...common, stream, after: head }, fromVersion: 0 }
    const fromVersion = from === 'start' ? 0 : from + (inclusive ? 0 : 1)
    // What the stream still shows decides where to begin; behind the head nothing is hidden yet.
    let after = head
    const first = log.readStream(stream, { from: fromVersion, limit: 1, as: 'records' })
    for await (const { position } of first) after = Math.min(head, position - 1)
    return { options: { ...common, stream, after }, fromVersion }
  }
  const start = from === 'start' ? 0 : from === 'end' ? await log.head() : from
  const after = typeof from === 'number' && inclusive ? Math.max(0, start - 1) : start
  return {
    options: { ...common, after, ...(source.kind === 'category' && { kinds: [source.category] }) },
    fromVersion: 0,
  }
}
