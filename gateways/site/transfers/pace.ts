import type { Clock } from '#events/clock.ts'

/** How fast the bytes of one member's transfers in one direction may move, all together. */
export interface Pace {
  /** Bytes to move at a time, so that they move smoothly. */
  readonly chunkBytes: number
  /** Counts bytes; answers for how many milliseconds no more of them may move. */
  take(bytes: number): number
}

/** A pace whose speed can change while bytes move; null or 0: as fast as it goes. */
export interface LimitedPace extends Pace {
  limit(bytesPerSecond: number | null): void
}

/** As fast as the slower of two lets it: what moves counts for both. */
export function slowerOf(one: Pace, other: Pace): Pace {
  return {
    get chunkBytes() {
      return Math.min(one.chunkBytes, other.chunkBytes)
    },
    take(bytes) {
      const waits = [one.take(bytes), other.take(bytes)]
      return Math.max(...waits)
    },
  }
}

const CHUNKS_PER_SECOND = 8
const CHUNK_BYTES_MIN = 1_024
/** Timers that come late lose nothing, up to so much. */
const LATE_MS = 250

/** The generic cell rate algorithm, as in the token bucket, but what is taken may be owed. */
export function createPace(clock: Clock): LimitedPace {
  let byteMs = 0
  let askedAt = clock.now()
  let paidUntil = askedAt
  return {
    get chunkBytes() {
      if (byteMs === 0) return Number.POSITIVE_INFINITY
      return Math.max(CHUNK_BYTES_MIN, Math.floor(1_000 / byteMs / CHUNKS_PER_SECOND))
    },
    limit(bytesPerSecond) {
      byteMs = bytesPerSecond === null || bytesPerSecond === 0 ? 0 : 1_000 / bytesPerSecond
    },
    take(bytes) {
      if (byteMs === 0) return 0
      const now = clock.now()
      // A clock that was set back must not stop the bytes for the hours between.
      if (now < askedAt) paidUntil -= askedAt - now
      askedAt = now
      paidUntil = Math.max(paidUntil, now - LATE_MS) + bytes * byteMs
      return Math.max(0, Math.ceil(paidUntil - now))
    },
  }
}
