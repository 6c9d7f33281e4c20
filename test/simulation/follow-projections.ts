import type { EventLog } from '#events/event-log.ts'
import { batchLength } from '#projections/kernel/apply.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { FactQueue } from '#projections/kernel/fact-queue.ts'

import type { ProcessLife } from '#test/simulation/process-life.ts'
import type { Random } from '#test/simulation/random.ts'
import type { SimulatedDatabase } from '#test/simulation/simulated-database.ts'

export interface FollowProjectionsOptions {
  readonly life: ProcessLife
  readonly log: EventLog
  readonly database: SimulatedDatabase
  readonly projections: readonly Projection[]
  readonly random: Random
  /** How likely the database is lost during a transaction, committed or not. */
  readonly errorRate: () => number
  readonly report: (cause: unknown) => void
}

/** The connection ended before the commit, or after it. */
export class DatabaseLost extends Error {
  constructor(when: 'before' | 'after') {
    super(`the simulated database was lost ${when} the commit`)
  }
}

const BATCH = 16
const RETRY_MS = 200

/**
 * Keeps the simulated database in step with the log as `runner.ts` does the real one: the queue,
 * the cutting of batches, the retry from the checkpoint after each failure.
 */
export async function followProjections(options: FollowProjectionsOptions): Promise<void> {
  const { life, log, database, projections, random, errorRate, report } = options

  async function project(queue: FactQueue, from: number): Promise<void> {
    let checkpoint = from
    for (;;) {
      const batch = await queue.take((facts) => batchLength(projections, facts, BATCH))
      if (!batch) return
      await life.pause(0.2, 4)
      const isLost = random.chance(errorRate())
      // A connection that is lost at the commit leaves open what became of it.
      if (isLost && random.chance(0.5)) throw new DatabaseLost('before')
      database.apply(batch.facts, checkpoint, batch.through)
      if (isLost) throw new DatabaseLost('after')
      checkpoint = batch.through
    }
  }

  for (;;) {
    const queue = new FactQueue(4 * BATCH)
    const from = database.checkpoint
    const subscription = log.subscribe(
      { after: from, batchSize: BATCH },
      {
        deliver: (facts, through) => queue.add(facts, through),
        failed: (cause) => queue.fail(cause),
      },
    )
    try {
      await project(queue, from)
    } catch (cause) {
      // Each failure ends in the same: from the checkpoint, once more.
      report(cause)
    } finally {
      queue.end()
      await subscription.stop()
    }
    await life.pause(RETRY_MS)
  }
}
