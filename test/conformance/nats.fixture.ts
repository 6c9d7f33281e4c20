import type { EventLog } from '#events/event-log.ts'
import { type Fact, LOG_START, type NewFact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import type { Nats } from '#infra/nats/connect-nats.ts'
import { followNats, type FollowOptions, type Hole } from '#infra/nats/follow-nats.ts'
import { createNatsBus, type NatsBus } from '#infra/nats/nats-bus.ts'

import { recordFacts } from '#test/conformance/event-bus.case.ts'
import { connectTo, type NatsServer } from '#test/conformance/nats-server.ts'

const ids = createUuidV7(systemClock)

export function newFact(text: string): NewFact {
  const id = ids.next()
  const meta = {
    at: 1_700_000_000_000,
    by: null,
    connection: null,
    commandId: id,
    correlationId: id,
    causationId: null,
    schema: 1,
  }
  return { id, type: 'room.announced', data: { text }, meta }
}

/** Appends so many facts, each for itself, over some streams; also some that are not published. */
export async function appendFacts(log: EventLog, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const kind = n % 3 === 0 ? 'race' : 'room'
    await log.append(`${kind}-${n % 7}`, [newFact(String(n))], 'any')
    if (n % 50 === 0) await log.append('$own', [newFact('hidden')], 'any')
  }
}

export async function factsOf(log: EventLog, after = LOG_START): Promise<Fact[]> {
  return await Array.fromAsync(log.readAll({ after }))
}

/** A process of a cluster, as far as the bus goes. */
export interface Node {
  readonly nats: Nats
  readonly bus: NatsBus
  readonly reported: unknown[]
  close(): Promise<void>
}

export async function startNode(server: NatsServer, prefix: string): Promise<Node> {
  const reported: unknown[] = []
  const nats = await connectTo(server, { report: (cause) => reported.push(cause) })
  const bus = await createNatsBus(nats, { stream: prefix, prefix, maxBytes: 256 * 1024 ** 2 })
  return {
    nats,
    bus,
    reported,
    async close() {
      await bus.close()
      await nats.close()
    },
  }
}

/** A subscriber with a checkpoint of its own, which outlives its processes. */
export function createSubscriber(stream: string, log: EventLog) {
  const { seen, handle, until, untilCount } = recordFacts()
  const holes: Hole[] = []
  const failures: unknown[] = []
  const failed = Promise.withResolvers<unknown>()
  let checkpoint = LOG_START
  return {
    seen,
    handle,
    until,
    untilCount,
    holes,
    failures,
    failed: failed.promise,
    checkpoint: () => checkpoint,
    follow(nats: Nats, options: Partial<FollowOptions> = {}) {
      return followNats(nats, {
        name: 'subscriber',
        stream,
        loadCheckpoint: async () => checkpoint,
        saveCheckpoint: async (position) => void (checkpoint = position),
        deliver: (facts) => {
          for (const fact of facts) handle(fact)
        },
        async readLog(hole) {
          holes.push(hole)
          let through = hole.after
          for await (const fact of log.readAll({ after: hole.after })) {
            if (hole.before !== undefined && fact.position >= hole.before) break
            handle(fact)
            through = fact.position
          }
          return through
        },
        failed(cause) {
          failures.push(cause)
          failed.resolve(cause)
        },
        ...options,
      })
    },
  }
}
