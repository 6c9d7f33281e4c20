import type { Clock } from '#events/clock.ts'

/** The machine's own clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    // setTimeout holds 31 bits: a longer wait is cut, and its owner asks the time again.
    const timer = setTimeout(run, Math.min(delayMs, 0x7fff_ffff))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
