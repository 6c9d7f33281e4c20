import { HOST_REFUSALS, type Refusal } from '#events/refusal.ts'
import { RATE_REFUSALS } from '#gateways/kernel/rate-limits/refusal.ts'

import type { FrameId, ServerFrame } from '#gateways/ws/codec.ts'

/** Refusals of this gateway; those of the actors and of frames stand beside them. */
export const WS_REFUSALS = {
  notAuthenticated: 'not-authenticated',
  alreadyAuthenticated: 'already-authenticated',
  /** Field `retryAfterMs`: the socket's frames come too fast, or the member's budget is used up. */
  rateLimited: RATE_REFUSALS.rateLimited,
  forbidden: 'forbidden',
  tooManySubscriptions: 'too-many-subscriptions',
  subscriptionExists: 'subscription-exists',
  noSuchSubscription: 'no-such-subscription',
  /** The position is beyond the log's end: it was given by another log. */
  unknownPosition: 'unknown-position',
} as const

/** Refusals after which the same request may succeed later. */
const TEMPORARY: ReadonlySet<string> = new Set([
  HOST_REFUSALS.busy,
  HOST_REFUSALS.logUnavailable,
  HOST_REFUSALS.stopping,
  HOST_REFUSALS.faulty,
  HOST_REFUSALS.noHolder,
  WS_REFUSALS.rateLimited,
])

/** Close codes. 4000 to 4499: come again; 4500 to 4999: the same would happen again. */
export const CLOSE = {
  stopping: 4000,
  failed: 4001,
  evicted: 4002,
  loginIncorrect: 4501,
  loginTimeout: 4502,
  binary: 4503,
  closedByRules: 4504,
} as const

export function errorFrame(id: FrameId | undefined, refusal: Refusal): ServerFrame {
  const { retryAfterMs, issues } = refusal.fields
  return {
    type: 'error',
    ...(id !== undefined && { id }),
    data: {
      code: refusal.code,
      message: refusal.message,
      temporary: TEMPORARY.has(refusal.code),
      ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
      ...(issues !== undefined && { issues }),
    },
  }
}

export function ackFrame(
  id: FrameId | undefined,
  data: Readonly<Record<string, unknown>>,
): ServerFrame {
  return { type: 'ack', ...(id !== undefined && { id }), data }
}
