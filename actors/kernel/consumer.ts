import type { Clock } from '#events/clock.ts'
import type { EventLog, LogSubscription } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'
import type { HostStore } from '#events/host-store.ts'

import { followFacts } from '#actors/kernel/follow-facts.ts'

export interface Consumer {
  /** Its name in the store; the checkpoint is kept under it. */
  readonly name: string
  readonly kinds: readonly string[]
  /**
   * Does what follows from a fact. May be called again with the same fact after a crash, so
   * its commands have ids derived from the fact's.
   */
  readonly handle: (fact: Fact) => Promise<void>
}

export interface RunConsumerOptions {
  readonly log: EventLog
  readonly store: HostStore
  readonly clock: Clock
  readonly consumer: Consumer
  /** Told of each failure; the consumer goes on from its checkpoint after a pause. */
  readonly report: (cause: unknown) => void
}

const BATCH = 100

/**
 * Runs a consumer of committed facts from its checkpoint on. Effects live here and not in
 * `decide`: rebuilding an actor never announces, sends or deletes anything again.
 */
export async function runConsumer(options: RunConsumerOptions): Promise<LogSubscription> {
  const { log, store, clock, consumer, report } = options
  return await followFacts({
    log,
    clock,
    kinds: consumer.kinds,
    batchSize: BATCH,
    checkpoint: () => store.loadCheckpoint(consumer.name),
    async deliver(facts, through) {
      for (const fact of facts) await consumer.handle(fact)
      await store.saveCheckpoint(consumer.name, through)
    },
    report,
  })
}
