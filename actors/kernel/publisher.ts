import type { EventBus } from '#events/event-bus.ts'
import type { EventLog, LogSubscription } from '#events/event-log.ts'

/**
 * Puts committed facts on the bus by following the log from a position: what was appended
 * before a crash and not yet published is published by the next run that starts from there.
 */
export function publishFacts(
  log: EventLog,
  bus: EventBus,
  after: number,
  failed: (cause: unknown) => void,
): LogSubscription {
  return log.subscribe({ after }, { deliver: (facts) => bus.publish(facts), failed })
}
