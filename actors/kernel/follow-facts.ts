import type { Clock } from '#events/clock.ts'
import type { EventLog, LogSubscription } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'

export interface FollowFactsOptions {
  readonly log: EventLog
  readonly clock: Clock
  readonly kinds: readonly string[]
  readonly batchSize?: number
  /** Where to go on, asked again after each failure. */
  readonly checkpoint: () => Promise<number>
  readonly deliver: (facts: readonly Fact[], through: number) => Promise<void>
  /** Told of each failure; the following goes on from the checkpoint after a pause. */
  readonly report: (cause: unknown) => void
}

const RETRY_MS = 1_000

/** Follows the log from a checkpoint for as long as the process runs, whatever fails meanwhile. */
export async function followFacts(options: FollowFactsOptions): Promise<LogSubscription> {
  const { log, clock, kinds, batchSize, checkpoint, deliver } = options
  let isRunning = true
  let cancelRetry: (() => void) | undefined
  let subscription: LogSubscription | undefined

  async function start(): Promise<void> {
    // A log that was put back to an earlier state is followed from where it ends.
    const after = Math.min(await checkpoint(), await log.head())
    if (!isRunning) return
    subscription = log.subscribe(
      { after, kinds, ...(batchSize !== undefined && { batchSize }) },
      { deliver, failed },
    )
  }

  function failed(cause: unknown): void {
    if (!isRunning) return
    options.report(cause)
    cancelRetry = clock.after(RETRY_MS, () => void start().catch(failed))
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
