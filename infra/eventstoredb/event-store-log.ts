import type { Clock, Ids } from '#events/clock.ts'
import {
  type EventLog,
  LogUnavailable,
  type LogSubscription,
  type ReadAllOptions,
  StreamEnded,
} from '#events/event-log.ts'
import { type Fact, LOG_START } from '#events/fact.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createSystemRecords } from '#infra/log/system-records.ts'

import { Appender, type AppenderDeps } from '#infra/eventstoredb/appender.ts'
import { createBackoff } from '#infra/eventstoredb/backoff.ts'
import { Connection } from '#infra/eventstoredb/connection.ts'
import { type Credentials, parseConnectionString } from '#infra/eventstoredb/connection-string.ts'
import { Health } from '#infra/eventstoredb/health.ts'
import { Lanes } from '#infra/eventstoredb/lanes.ts'
import { hasCategories, readCategory } from '#infra/eventstoredb/read-category.ts'
import { readAllPages, type ReadDeps, readStreamPages } from '#infra/eventstoredb/read-pages.ts'
import { assertExists, readMetadata, streamVersion } from '#infra/eventstoredb/stream-version.ts'
import { subscribeToLog } from '#infra/eventstoredb/subscription.ts'
import { writeTombstone } from '#infra/eventstoredb/tombstone.ts'

export interface EventStoreLogOptions {
  /** `esdb://a,b,c?tls=true`, `esdb+discover://name`; `kurrentdb` for `esdb` too. */
  readonly url: string
  readonly clock: Clock
  /** Before those of the connection string. Over `tls=false` they are sent to loopback only. */
  readonly credentials?: Credentials
  /** Told of each append that failed for the server's sake, and of each lost subscription. */
  readonly report?: (cause: unknown) => void
  /**
   * How all facts of one kind are read: through `$ce-<kind>`, or from `$all` with a filter.
   * `auto`, the default, asks at the start whether the by-category projection runs.
   */
  readonly categories?: 'auto' | 'streams' | 'filter'
  /** Of one call, in milliseconds. Default: the connection string's, or 10,000. */
  readonly deadlineMs?: number
  /** Appends on the way at a time, and how many more may wait. Default 100 and 10,000. */
  readonly inFlight?: number
  readonly waiting?: number
  /** Of the records that the log makes itself. */
  readonly ids?: Ids
  /** In [0, 1), for the pauses between attempts. */
  readonly random?: () => number
}

const DEADLINE_MS = 10_000
const IN_FLIGHT = 100
const WAITING = 10_000

/**
 * The event log on an EventStoreDB 22.6 or newer. The user must be allowed to read `$all`. Rejects with an `Error` for a connection string
 * that cannot be read, `LogUnavailable` when the server does not answer within the deadline, and
 * `LogAccessDenied` when it does not let the user in.
 *
 * Facts that metadata hides stay in `$all` until the server scavenges it, and are not in category
 * streams. One append is at most what the server takes, 1 MiB where nobody has set it otherwise:
 * a larger one is an `AppendRefused`. See `Appender` for what a foreign server cannot give of the
 * port's idempotence.
 */
export async function createEventStoreLog(options: EventStoreLogOptions): Promise<EventLog> {
  const { clock, report = () => {}, random = Math.random, categories = 'auto' } = options
  const address = parseConnectionString(options.url)
  const deadlineMs = options.deadlineMs ?? address.numbers.defaultDeadline ?? DEADLINE_MS
  const credentials = options.credentials ?? address.credentials
  const connection = new Connection(address, { credentials, deadlineMs, clock })
  const reads: ReadDeps = { connection, backoff: createBackoff(clock, random) }
  try {
    const head = await headOf(reads)
    const usesCategories =
      categories === 'streams' || (categories === 'auto' && (await hasCategories(reads)))
    return assemble(reads, { ...options, clock, report, deadlineMs, usesCategories, headNow: head })
  } catch (cause) {
    await connection.close()
    throw cause
  }
}

interface Settled extends EventStoreLogOptions {
  readonly report: (cause: unknown) => void
  readonly deadlineMs: number
  readonly usesCategories: boolean
  readonly headNow: number
}

function assemble(reads: ReadDeps, options: Settled): EventLog {
  const { clock, report, deadlineMs, usesCategories, headNow } = options
  const { inFlight = IN_FLIGHT, waiting = WAITING, ids = createUuidV7(clock) } = options
  const head = () => headOf(reads)
  const health = new Health(clock, head, report)
  const lanes = new Lanes({ inFlight, waiting })
  const deps: AppenderDeps = {
    ...reads,
    lanes,
    health,
    clock,
    retryWithinMs: deadlineMs,
    assertExists: (stream) => assertExists(reads, stream),
  }
  const appender = new Appender(deps, headNow)
  const records = createSystemRecords(clock, ids)
  const subscriptions = new Set<LogSubscription>()
  let isClosed = false

  return {
    append: (stream, facts, expected) => appender.append(stream, facts, expected),
    async *readStream(stream, readOptions = {}) {
      try {
        yield* readStreamPages(reads, stream, readOptions)
      } catch (cause) {
        if (!(cause instanceof StreamEnded)) throw cause
      }
    },
    readAll: (readOptions = {}) => readLog(reads, readOptions, usesCategories),
    subscribe(subscribeOptions, handlers) {
      if (isClosed) throw new LogUnavailable('the log is closed')
      const ended = (subscription: LogSubscription) => void subscriptions.delete(subscription)
      const following = { ...reads, clock, head, report, ended }
      const subscription = subscribeToLog(following, subscribeOptions, handlers)
      subscriptions.add(subscription)
      return subscription
    },
    streamVersion: (stream) => streamVersion(reads, stream),
    head,
    readMetadata: (stream) => readMetadata(reads, stream),
    async writeMetadata(stream, metadata) {
      const record = records.metadata(stream, metadata)
      await appender.append(record.stream, record.facts, record.expected)
    },
    tombstone: (stream, expected) =>
      lanes.run(stream, () => writeTombstone(deps, stream, expected)),
    health: () => health.state,
    async close() {
      if (isClosed) return
      isClosed = true
      health.close()
      lanes.close()
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()))
      await reads.connection.close()
    },
  }
}

/** One whole kind is a category stream's, where there are those; anything else is `$all`'s. */
function readLog(
  reads: ReadDeps,
  options: ReadAllOptions,
  usesCategories: boolean,
): AsyncIterable<Fact> {
  const { after = LOG_START, direction = 'forwards', kinds, limit, as } = options
  const isWhole = after === LOG_START && direction === 'forwards' && limit === undefined
  const [kind] = kinds ?? []
  if (usesCategories && isWhole && kinds?.length === 1 && kind !== undefined) {
    return readCategory(reads, kind, as)
  }
  return readAllPages(reads, options)
}

async function headOf(reads: ReadDeps): Promise<number> {
  const last = { direction: 'backwards', limit: 1, as: 'records' } as const
  for await (const { position } of readAllPages(reads, last)) return position
  return LOG_START
}
