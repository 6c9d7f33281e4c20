import { subjectOf } from '#events/audit-subject.ts'
import type { Clock } from '#events/clock.ts'
import type { EventLog } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'
import { pause } from '#events/pause.ts'
import type { FactGateways } from '#gateways/kernel/fact-gateways.ts'
import { type FactQuery, matcherOf, searchFacts } from '#gateways/kernel/fact-query.ts'

export interface FoundOptions {
  /** Facts at most. */
  readonly limit?: number
  /** Without it the newest of the limit, in the order in which they came. */
  readonly order?: 'oldest' | 'newest'
  /** Told of each position that is looked at. */
  readonly looked?: (position: number) => void
  readonly gateways?: FactGateways
}

/** The facts that match, in the order asked for. */
export async function* foundFacts(
  log: EventLog,
  query: FactQuery,
  { limit = Number.POSITIVE_INFINITY, order, ...options }: FoundOptions,
): AsyncGenerator<Fact> {
  const isTurned = order === undefined && Number.isFinite(limit)
  const direction = order === 'newest' || isTurned ? 'backwards' : 'forwards'
  const search = searchFacts(log, query, { direction, ...options })
  const turned: Fact[] = []
  let left = limit
  for await (const fact of search) {
    if (isTurned) turned.push(fact)
    else yield fact
    if (--left <= 0) break
  }
  for (let fact = turned.pop(); fact; fact = turned.pop()) yield fact
}

/** How often a log that another process writes is looked at. */
const LOOK_EVERY_MS = 250

export interface FollowOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly gateways: FactGateways
}

/** The facts that match after a position, as they come, until the signal. */
export async function* followedFacts(
  log: EventLog,
  query: FactQuery & { readonly after: number },
  { clock, signal, gateways }: FollowOptions,
): AsyncGenerator<Fact> {
  const matches = matcherOf(query, gateways)
  let { after } = query
  while (!signal.aborted) {
    for await (const fact of log.readAll({ after, as: 'records' })) {
      after = fact.position
      if (await matches(fact)) yield fact
      if (signal.aborted) return
    }
    await pause(clock, LOOK_EVERY_MS, signal)
  }
}

export interface LineOptions {
  readonly json: boolean
  /** One stream is looked at: its name is not repeated. */
  readonly isOneStream: boolean
  /** Characters of the data; the rest is cut off. */
  readonly textLimit?: number
  /** By which it came in: JSON alone says so. */
  readonly gateway?: string | null
}

/** A fact as a line of a table, or as JSON that also says to whom and by which gateway. */
export function auditLine(
  fact: Fact,
  { json, isOneStream, textLimit = Number.POSITIVE_INFINITY, gateway = null }: LineOptions,
): string {
  if (json) return JSON.stringify({ ...fact, subject: subjectOf(fact), gateway })
  const { version, position, stream, type, data, meta } = fact
  const text = JSON.stringify(data)
  return [
    String(version).padStart(5),
    String(position).padStart(9),
    new Date(meta.at).toISOString(),
    ...(isOneStream ? [] : [stream.padEnd(STREAM_COLUMNS)]),
    (meta.by ?? '-').padEnd(12),
    type.padEnd(24),
    text.length > textLimit ? `${text.slice(0, textLimit)}…` : text,
  ].join('  ')
}

/** `section-` and `race-` with a UUID. */
const STREAM_COLUMNS = 41

/** The names of the columns above the lines. */
export function auditHeader(isOneStream: boolean): string {
  return [
    '    #',
    ' position',
    'when'.padEnd(24),
    ...(isOneStream ? [] : ['stream'.padEnd(STREAM_COLUMNS)]),
    'who'.padEnd(12),
    'fact'.padEnd(24),
    'data',
  ].join('  ')
}
