import type { Clock } from '#events/clock.ts'
import type { EventLog, LogSubscription } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'
import type { HostStore } from '#events/host-store.ts'

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
const RETRY_MS = 1_000

/**
 * Runs a consumer of committed facts from its checkpoint on. Effects live here and not in
 * `decide`: rebuilding an actor never announces, sends or deletes anything again.
 */
export async function runConsumer(options: RunConsumerOptions): Promise<LogSubscription> {
  const { log, store, clock, consumer, report } = options
  let isRunning = true
  let cancelRetry: (() => void) | undefined
  let subscription: LogSubscription | undefined

  async function start(): Promise<void> {
    const after = await store.loadCheckpoint(consumer.name)
    if (!isRunning) return
    subscription = log.subscribe({ after, kinds: consumer.kinds, batchSize: BATCH }, handlers)
  }

  const handlers = {
    async deliver(facts: readonly Fact[], through: number) {
      for (const fact of facts) await consumer.handle(fact)
      await store.saveCheckpoint(consumer.name, through)
    },
    failed(cause: unknown) {
      if (!isRunning) return
      report(cause)
      cancelRetry = clock.after(RETRY_MS, () => void start().catch(handlers.failed))
    },
  }

  await start()
  return {
    async stop() {
      isRunning = false
      cancelRetry?.()
      await subscription?.stop()
    },
  }
}
