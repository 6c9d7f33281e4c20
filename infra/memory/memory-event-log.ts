import type { Clock, Ids } from '#events/clock.ts'
import {
  AppendRefused,
  type AppendResult,
  type EventLog,
  LOG_LIMITS,
  LogUnavailable,
} from '#events/event-log.ts'
import { LOG_START, type NewFact } from '#events/fact.ts'

import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { assertAppendable, isLongerThan } from '#infra/log/append-rules.ts'
import { type AppendRequest, decideAppend } from '#infra/log/decide-append.ts'
import { followLog } from '#infra/log/follow-log.ts'
import { RecentFacts } from '#infra/log/recent-facts.ts'
import { createSystemRecords } from '#infra/log/system-records.ts'
import { MemoryRecords } from '#infra/memory/memory-records.ts'

export interface MemoryEventLogOptions {
  readonly clock?: Clock
  /** Of the records that the log makes itself. */
  readonly ids?: Ids
}

/** A log that lives as long as the process: for tests and for servers that keep nothing. */
export function createMemoryEventLog(options: MemoryEventLogOptions = {}): EventLog {
  const { clock = systemClock, ids = createUuidV7(clock) } = options
  const records = new MemoryRecords(clock)
  const recent = new RecentFacts(LOG_START, Number.POSITIVE_INFINITY)
  const system = createSystemRecords(clock, ids)
  let isClosed = false

  function append(request: AppendRequest): AppendResult {
    if (isClosed) throw new LogUnavailable('the log is closed')
    assertAppendable(request.stream, request.facts)
    for (const fact of request.facts) assertSmall(fact)
    const facts = request.facts.map((fact) => structuredClone(fact))
    const { result, runs } = decideAppend(records, { ...request, facts }, records.head)
    for (const run of runs) {
      records.add(run)
      recent.push(run)
    }
    return result
  }

  return {
    append: async (stream, facts, expected) => append({ stream, facts, expected }),
    readStream: (stream, readOptions) => records.readStream(stream, readOptions),
    readAll: (readOptions) => records.readAll(readOptions),
    subscribe: (subscribeOptions, handlers) =>
      followLog(recent, (o) => records.readAll(o), subscribeOptions, handlers),
    streamVersion: async (stream) => records.state(stream).version,
    head: async () => records.head,
    readMetadata: async (stream) => records.state(stream).metadata,
    async writeMetadata(stream, value) {
      append(system.metadata(stream, value))
    },
    tombstone: async (stream, expected) => append(system.tombstone(stream, expected)).position,
    health: () =>
      isClosed ? { writable: false, reason: 'the log is closed' } : { writable: true },
    async close() {
      isClosed = true
      recent.wake()
    },
  }
}

function assertSmall(fact: NewFact): void {
  if (isLongerThan(JSON.stringify(fact), LOG_LIMITS.factBytes)) {
    throw new AppendRefused(`${fact.type} is larger than ${LOG_LIMITS.factBytes} bytes`)
  }
}
