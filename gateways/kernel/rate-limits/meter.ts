import type { Quota } from '#gateways/kernel/rate-limits/actions.ts'

/** The state of one token bucket, as two moments. Milliseconds since 1970. */
export interface Meter {
  /** When all tokens taken will have come back. */
  readonly paidUntil: number
  /** The time of the last take. */
  readonly askedAt: number
}

export interface Demand {
  readonly quota: Quota
  /** More than the whole quota counts as the whole quota. */
  readonly tokens: number
  /** Tokens that come back within this are given in advance, for the taker to wait. */
  readonly maxWaitMs: number
  readonly now: number
}

export interface Verdict {
  readonly isAllowed: boolean
  /** How many the whole quota has; `Infinity` without a limit. */
  readonly limit: number
  readonly windowMs: number
  /** What is left now. */
  readonly remaining: number
  /** When the quota will be whole again. */
  readonly resetMs: number
  /** For a refused take: when the same one would be allowed. Otherwise 0. */
  readonly retryAfterMs: number
  /** For an allowed take: what the taker must wait first; 0 unless it asked with `maxWaitMs`. */
  readonly waitMs: number
}

export const UNLIMITED: Verdict = {
  isAllowed: true,
  limit: Infinity,
  windowMs: 0,
  remaining: Infinity,
  resetMs: 0,
  retryAfterMs: 0,
  waitMs: 0,
}

/** How far the clocks of a cluster's processes may differ. */
const SKEW_MS = 5_000

/** Moments since 1970 have 1/4096 ms in a double: six hundred of them add up to less than this. */
const ROUNDING_MS = 0.5

/**
 * Takes from a token bucket (the generic cell rate algorithm, ITU-T I.371 annex A). Answers
 * the same meter when it refuses. The debt is kept as time, so that it stays the same share of
 * a quota that becomes wider or narrower.
 */
export function takeFrom(
  before: Meter | undefined,
  { quota, tokens, maxWaitMs, now }: Demand,
): { readonly meter: Meter | undefined; readonly verdict: Verdict } {
  const { limit, windowMs } = quota
  const tokenMs = windowMs / limit
  const current = asOf(before, now)
  const { paidUntil, askedAt } = current
  const wanted = Math.min(tokens, Math.max(1, Math.floor(limit)))
  const until = Math.max(paidUntil, askedAt) + wanted * tokenMs
  const overMs = until - askedAt - windowMs
  const isAllowed = overMs <= Math.max(ROUNDING_MS, maxWaitMs)
  const debtMs = Math.max(0, (isAllowed ? until : paidUntil) - askedAt)
  const verdict = {
    isAllowed,
    limit: Math.floor(limit),
    windowMs,
    remaining: Math.max(0, Math.floor((windowMs - debtMs + ROUNDING_MS) / tokenMs)),
    resetMs: Math.ceil(debtMs),
    retryAfterMs: isAllowed ? 0 : Math.ceil(overMs),
    waitMs: isAllowed && overMs > ROUNDING_MS ? Math.ceil(overMs) : 0,
  }
  if (isAllowed) return { meter: { paidUntil: until, askedAt }, verdict }
  // That the clock was set back is kept, or the time since then would never count.
  const isSetBack = before !== undefined && askedAt < before.askedAt
  return { meter: isSetBack ? current : before, verdict }
}

/**
 * The meter at this moment. Another process's clock may be a little ahead: then its time goes
 * for everybody, and nobody's tokens come back twice. A clock that was set back by more must
 * not make the member wait for the hours between.
 */
function asOf(meter: Meter | undefined, now: number): Meter {
  if (!meter) return { paidUntil: now, askedAt: now }
  const { paidUntil, askedAt } = meter
  const aheadMs = askedAt - now
  if (aheadMs <= 0) return { paidUntil, askedAt: now }
  if (aheadMs <= SKEW_MS) return meter
  return { paidUntil: paidUntil - aheadMs, askedAt: now }
}
