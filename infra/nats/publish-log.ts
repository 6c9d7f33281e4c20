import type { EventLog, LogSubscription } from '#events/event-log.ts'

import type { Nats } from '#infra/nats/connect-nats.ts'
import type { NatsBus } from '#infra/nats/nats-bus.ts'
import { NatsTrouble } from '#infra/nats/nats-trouble.ts'

/**
 * Publishes every fact of the log, beginning after the last one that the stream holds: what was
 * committed and not published before a crash is published by whoever comes next. A stream that
 * has none begins at the log's head. Several processes may do this at once.
 *
 * `failed` is called once, when publishing has ended for good. Errors of the start:
 * `NatsTrouble`, `nats-another-log` when the stream is ahead of this log.
 */
export async function publishLog(
  nats: Nats,
  log: EventLog,
  bus: NatsBus,
  failed: (cause: unknown) => void,
): Promise<{ stop(): Promise<void> }> {
  let subscription: LogSubscription | undefined
  let isStopping = false

  async function begin(): Promise<void> {
    const published = await bus.resume()
    const head = await log.head()
    if (published !== undefined && published > head) {
      const message = `${bus.place.stream} is at position ${published}, the log at ${head}`
      throw new NatsTrouble('nats-another-log', message)
    }
    if (isStopping) return
    if (published === undefined) bus.beginAfter(head)
    subscription = log.subscribe(
      { after: published ?? head },
      { deliver: (facts) => bus.publish(facts), failed: (cause) => void ended(cause) },
    )
  }

  async function ended(cause: unknown): Promise<void> {
    if (isStopping) return
    if (!(cause instanceof NatsTrouble) || cause.code !== 'nats-lost-facts') return failed(cause)
    // A server that lost what was not yet on its disk gets it again.
    nats.report(cause)
    await begin().catch((trouble: unknown) => {
      if (!isStopping) failed(trouble)
    })
  }

  await begin()
  return {
    /** Also when the server is away: what is not published then, the next start publishes. */
    async stop() {
      isStopping = true
      bus.stopPublishing()
      await subscription?.stop()
    },
  }
}
