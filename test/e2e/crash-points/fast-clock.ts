import type { Clock } from '#events/clock.ts'
import { systemClock } from '#infra/clock/system-clock.ts'

/** So much faster than the machine's: a minute's deadline is due after 600 ms. */
const SPEED = 100

/** A clock that all lives of a program share, because it counts from the same moment. */
export function createFastClock(origin: number): Clock {
  return {
    now: () => origin + (systemClock.now() - origin) * SPEED,
    after: (delayMs, run) => systemClock.after(delayMs / SPEED, run),
  }
}
