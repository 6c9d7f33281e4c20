import {
  type AppendResult,
  type EventLog,
  LogUnavailable,
  type ReadAllOptions,
  type ReadStreamOptions,
} from '#events/event-log.ts'
import { type Fact, LOG_START, type NewFact } from '#events/fact.ts'
import { followLog } from '#infra/log/follow-log.ts'
import { RecentFacts } from '#infra/log/recent-facts.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

import type { ProcessLife } from '#test/simulation/process-life.ts'
import type { Random } from '#test/simulation/random.ts'
import type { SimulatedDisk } from '#test/simulation/simulated-disk.ts'

export interface SimulatedLogOptions {
  readonly life: ProcessLife
  readonly disk: SimulatedDisk
  readonly random: Random
  /** How likely a read fails; asked at each. */
  readonly readErrorRate: () => number
  /** A log that has forgotten how to tell a repeated append: for proving that this is found. */
  readonly forgetsIds?: boolean
}

export interface SimulatedLog extends EventLog {
  /** Resolves when the log has gone on beyond a position. */
  changedAfter(position: number): Promise<void>
}

type Operation = Parameters<EventLog['append']>

interface Waiting {
  readonly operation: Operation
  readonly resolve: (result: AppendResult) => void
  readonly reject: (cause: unknown) => void
}

const FILE = 'log'
/** Facts that followers find in memory: few, so that they often have to read pages. */
const RECENT_FACTS = 8
/** Facts that a read gives before it takes a while again. */
const PAGE = 16
const REPAIR_AFTER_MS = 300

/**
 * A log on a simulated disk. The rules are those of the memory log, which is a machine that does
 * the same for the same appends: each append is written and synced first, then done, then told,
 * in groups; at the start all that the disk still has is done again.
 */
export async function openSimulatedLog(options: SimulatedLogOptions): Promise<SimulatedLog> {
  const { life, disk, random, readErrorRate } = options
  const memory = createMemoryEventLog({ clock: life.clock, ids: life.ids })
  const recent = new RecentFacts(LOG_START, RECENT_FACTS)
  let written = 0
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let failure: LogUnavailable | undefined

  async function perform([stream, facts, expected]: Operation): Promise<AppendResult> {
    const result = await memory.append(stream, facts, expected)
    if (result.position > recent.head) recent.push(result.facts)
    return result
  }

  async function recover(): Promise<void> {
    const lines = await disk.read(life, FILE)
    await disk.truncate(life, FILE, lines.length)
    // What the last process wrote may not be on the disk yet, and must be before anyone reads it.
    await disk.sync(life, FILE)
    written = lines.length
    for (const line of lines) await perform(JSON.parse(line) as Operation).catch(() => {})
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0 && !failure) {
      const group = waiting.splice(0)
      try {
        const lines = group.map(({ operation }) => JSON.stringify(operation))
        await disk.write(life, FILE, lines)
        await disk.sync(life, FILE)
      } catch (cause) {
        fail(group, cause)
        break
      }
      written += group.length
      for (const { operation, resolve, reject } of group) {
        await perform(operation).then(resolve, reject)
      }
    }
    writing = undefined
  }

  function fail(group: readonly Waiting[], cause: unknown): void {
    failure = new LogUnavailable('the simulated log cannot be written', cause)
    for (const { reject } of [...group, ...waiting.splice(0)]) reject(failure)
    life.after(REPAIR_AFTER_MS, repair)
  }

  /** Takes back what the failed write has left, and takes appends again. */
  function repair(): void {
    disk.truncate(life, FILE, written).then(
      () => {
        failure = undefined
      },
      () => void life.after(REPAIR_AFTER_MS, repair),
    )
  }

  async function assertReadable(): Promise<void> {
    await life.pause(0, disk.slownessMs)
    if (random.chance(readErrorRate())) throw new LogUnavailable('a simulated read has failed')
  }

  async function* readSlowly(facts: AsyncIterable<Fact>): AsyncGenerator<Fact> {
    await assertReadable()
    let count = 0
    for await (const fact of facts) {
      if (++count % PAGE === 0) await assertReadable()
      yield fact
    }
  }

  const readAll = (wanted: ReadAllOptions = {}) => readSlowly(memory.readAll(wanted))
  await recover()
  return {
    ...memory,
    append(...[stream, facts, expected]) {
      if (failure) return Promise.reject(failure)
      const taken = options.forgetsIds ? facts.map(withNewId) : facts
      const operation = structuredClone<Operation>([stream, taken, expected])
      return new Promise((resolve, reject) => {
        waiting.push({ operation, resolve, reject })
        writing ??= Promise.resolve().then(writeAll)
      })
    },
    readStream: (stream: string, wanted: ReadStreamOptions = {}) =>
      readSlowly(memory.readStream(stream, wanted)),
    readAll,
    subscribe: (wanted, handlers) => followLog(recent, readAll, wanted, handlers),
    async streamVersion(stream) {
      await assertReadable()
      return await memory.streamVersion(stream)
    },
    health: () => (failure ? { writable: false, reason: failure.message } : { writable: true }),
    async changedAfter(position) {
      while (recent.head <= position) await recent.changed()
    },
    async close() {
      await writing
      await memory.close()
      recent.wake()
    },
  }

  function withNewId(fact: NewFact): NewFact {
    return { ...fact, id: life.ids.next() }
  }
}
