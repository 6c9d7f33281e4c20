import type { Clock } from '#events/clock.ts'

export interface Rate {
  /** Tokens that a quiet client has saved up. */
  readonly burst: number
  readonly perSecond: number
}

/** A token bucket (a leaky bucket as a meter): what one client may do in a time. */
export interface TokenBucket {
  /**
   * Takes tokens and answers 0; or takes none and answers after how many milliseconds there
   * will be enough.
   */
  take(tokens?: number): number
}

/**
 * Kept as the time until which the tokens taken are paid for (the generic cell rate
 * algorithm, ITU-T I.371 annex A): two numbers, no timer.
 */
export function createTokenBucket(clock: Clock, { burst, perSecond }: Rate): TokenBucket {
  const tokenMs = 1000 / perSecond
  let askedAt = clock.now()
  let paidUntil = askedAt
  return {
    take(tokens = 1) {
      const now = clock.now()
      // A clock that was set back must not make the client wait for the hours between.
      if (now < askedAt) paidUntil -= askedAt - now
      askedAt = now
      const until = Math.max(paidUntil, now) + tokens * tokenMs
      const waitMs = until - now - burst * tokenMs
      if (waitMs > 0) return Math.ceil(waitMs)
      paidUntil = until
      return 0
    },
  }
}
