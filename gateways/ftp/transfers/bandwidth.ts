import type { Clock } from '#events/clock.ts'

/** So long is looked back. */
const WINDOW_SECONDS = 5
const SECOND_MS = 1_000

/** What moves on the data connections of this process. */
export interface Bandwidth {
  readonly sinceMs: number
  moved(direction: 'up' | 'down', bytes: number): void
  /** Bytes a second, by the seconds that lie just behind. */
  rate(direction: 'up' | 'down'): number
}

export function createBandwidth(clock: Clock): Bandwidth {
  // One more than is looked at: the second that runs is not over.
  const slots = WINDOW_SECONDS + 1
  const bytesOf = { up: Array<number>(slots).fill(0), down: Array<number>(slots).fill(0) }
  const sinceMs = clock.now()
  let second = Math.floor(sinceMs / SECOND_MS)

  const turn = (): void => {
    const now = Math.floor(clock.now() / SECOND_MS)
    const passed = Math.min(Math.max(now - second, 0), slots)
    for (let step = 1; step <= passed; step++) {
      bytesOf.up[(second + step) % slots] = 0
      bytesOf.down[(second + step) % slots] = 0
    }
    second = Math.max(second, now)
  }

  return {
    sinceMs,
    moved(direction, bytes) {
      turn()
      bytesOf[direction][second % slots]! += bytes
    },
    rate(direction) {
      turn()
      const whole = bytesOf[direction].filter((_, index) => index !== second % slots)
      return whole.reduce((sum, bytes) => sum + bytes, 0) / WINDOW_SECONDS
    },
  }
}
