import { Registry } from 'prom-client'

import type { Consumer } from '#actors/kernel/consumer.ts'
import { createHost } from '#actors/kernel/create-host.ts'
import type { ActorDefinition } from '#actors/kernel/define-actor.ts'
import type { Command } from '#actors/kernel/host.ts'
import { type Fact, LOG_START } from '#events/fact.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

/**
 * A host in memory with some actors, and a consumer that is fed by hand, step by step. `stop`
 * throws when an actor's rules have failed meanwhile.
 */
export function createConsumerRun(definitions: readonly ActorDefinition[]) {
  const clock = createManualClock()
  const ids = createUuidV7(clock)
  const log = createMemoryEventLog({ clock, ids })
  const faults: unknown[] = []
  const createRunningHost = () =>
    createHost({
      definitions,
      log,
      store: createMemoryHostStore(),
      clock,
      registry: new Registry(),
      report: (_, cause) => void faults.push(cause),
    })
  const host = createRunningHost()
  let handled = LOG_START

  async function feed(consumer: Consumer, after: number): Promise<number> {
    let last = after
    for await (const fact of log.readAll({ after, kinds: consumer.kinds })) {
      await consumer.handle(fact)
      last = fact.position
    }
    return last
  }

  return {
    clock,
    log,
    host,
    /** Another process on the same log: it has no memory of the commands. */
    createRunningHost,
    async send(kind: string, id: string, command: Command, by: string | null = null) {
      const context = { by, connection: by && `of-${by}`, commandId: ids.next() }
      return await host.send({ kind, id }, command, context)
    },
    /** Hands a consumer all that it has not had, and what follows from that. */
    async settle(consumer: Consumer): Promise<void> {
      for (let before = -1; before !== handled;) {
        before = handled
        handled = await feed(consumer, handled)
      }
    },
    /** Hands it everything once more, as after a crash before its checkpoint was saved. */
    async repeat(consumer: Consumer): Promise<void> {
      await feed(consumer, LOG_START)
    },
    /** What the log holds of some kinds. */
    async recorded(...kinds: string[]): Promise<Fact[]> {
      const facts: Fact[] = []
      for await (const fact of log.readAll({ kinds })) facts.push(fact)
      return facts
    },
    async stop() {
      await host.stop()
      await log.close()
      if (faults.length > 0) throw new AggregateError(faults, 'faults in the background')
    },
  }
}
