import {
  AppendRefused,
  type EventLog,
  LOG_LIMITS,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StreamMetadata,
  LogUnavailable,
  VersionConflict,
} from '#events/event-log.ts'
import { type Fact, kindOf, LOG_START } from '#events/fact.ts'

import {
  assertAppendable,
  findRepeated,
  firstVisibleVersion,
  isAsExpected,
} from '#infra/log/append-rules.ts'
import { followLog } from '#infra/log/follow-log.ts'
import { RecentFacts } from '#infra/log/recent-facts.ts'

/** A log that lives as long as the process: for tests and for servers that keep nothing. */
export function createMemoryEventLog(): EventLog {
  const facts: Fact[] = []
  const byId = new Map<string, Fact>()
  const streams = new Map<string, Fact[]>()
  const metadata = new Map<string, StreamMetadata>()
  const recent = new RecentFacts(LOG_START, Number.POSITIVE_INFINITY)
  let isClosed = false

  const lastVersion = (stream: string) => (streams.get(stream)?.length ?? 0) - 1

  async function* readStream(stream: string, options: ReadStreamOptions = {}) {
    const all = streams.get(stream) ?? []
    const first = firstVisibleVersion(all.length - 1, metadata.get(stream) ?? {})
    const isBackwards = options.direction === 'backwards'
    const from = options.from ?? (isBackwards ? all.length - 1 : 0)
    const chosen = isBackwards
      ? all.slice(first, Math.max(first, from + 1)).toReversed()
      : all.slice(Math.max(first, from))
    yield* chosen.slice(0, options.limit)
  }

  async function* readAll(options: ReadAllOptions = {}) {
    const isBackwards = options.direction === 'backwards'
    const kinds = options.kinds && new Set(options.kinds)
    const after = options.after ?? (isBackwards ? Number.POSITIVE_INFINITY : LOG_START)
    const ordered = isBackwards ? facts.toReversed() : facts
    let left = options.limit ?? Number.POSITIVE_INFINITY
    for (const fact of ordered) {
      if (left === 0) return
      if (isBackwards ? fact.position >= after : fact.position <= after) continue
      if (kinds && !kinds.has(kindOf(fact.stream))) continue
      left--
      yield fact
    }
  }

  return {
    async append(stream, newFacts, expected) {
      if (isClosed) throw new LogUnavailable('the log is closed')
      assertAppendable(stream, newFacts)
      for (const fact of newFacts) {
        if (JSON.stringify(fact).length > LOG_LIMITS.factBytes) {
          throw new AppendRefused(`${fact.type} is larger than ${LOG_LIMITS.factBytes} bytes`)
        }
      }
      const repeated = findRepeated(stream, newFacts, (id) => byId.get(id))
      if (repeated) {
        const { version, position } = repeated.at(-1)!
        return { version, position, facts: repeated }
      }
      const actual = lastVersion(stream)
      if (!isAsExpected(expected, actual)) throw new VersionConflict(stream, expected, actual)
      const recorded = newFacts.map((fact, index) => ({
        ...structuredClone(fact),
        stream,
        version: actual + 1 + index,
        position: facts.length + 1 + index,
      }))
      const history = streams.get(stream)
      if (history) history.push(...recorded)
      else streams.set(stream, [...recorded])
      for (const fact of recorded) {
        facts.push(fact)
        byId.set(fact.id, fact)
      }
      recent.push(recorded)
      return { version: actual + recorded.length, position: facts.length, facts: recorded }
    },
    readStream,
    readAll,
    subscribe: (options, handlers) => followLog(recent, readAll, options, handlers),
    streamVersion: async (stream) => lastVersion(stream),
    head: async () => facts.length,
    readMetadata: async (stream) => metadata.get(stream) ?? {},
    async writeMetadata(stream, value) {
      metadata.set(stream, structuredClone(value))
    },
    health: () =>
      isClosed ? { writable: false, reason: 'the log is closed' } : { writable: true },
    async close() {
      isClosed = true
      recent.wake()
    },
  }
}
