import type { Clock } from '#events/clock.ts'

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Moves on, running in order what comes due. */
  advance(ms: number): void
}

export function createManualClock(start = 1_700_000_000_000): ManualClock {
  let now = start
  let timers: { readonly at: number; readonly run: () => void }[] = []
  return {
    now: () => now,
    after(delayMs, run) {
      const timer = { at: now + Math.max(0, delayMs), run }
      timers.push(timer)
      return () => (timers = timers.filter((each) => each !== timer))
    },
    advance(ms) {
      const until = now + ms
      for (;;) {
        const due = timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
        if (!due) break
        timers = timers.filter((each) => each !== due)
        now = Math.max(now, due.at)
        due.run()
      }
      now = until
    },
  }
}
