import type { Clock } from '#events/clock.ts'
import { pause } from '#events/pause.ts'

const FIRST_MS = 50
const LONGEST_MS = 5_000

/** Waits before a call is tried again: longer each time, and never all clients at once. */
export interface Backoff {
  /** Resolves after the pause before attempt `attempt` + 1, or when the signal is given. */
  pause(attempt: number, signal: AbortSignal): Promise<void>
}

/** Half of each pause is random, from `random()` in [0, 1). */
export function createBackoff(clock: Clock, random: () => number): Backoff {
  return {
    pause(attempt, signal) {
      const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt)
      return pause(clock, (longest * (1 + random())) / 2, signal)
    },
  }
}
