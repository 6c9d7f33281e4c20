import { Refusal } from '#events/refusal.ts'

import type { RateAction } from '#gateways/kernel/rate-limits/actions.ts'
import type { Verdict } from '#gateways/kernel/rate-limits/meter.ts'
import type { RateLimits, TakeOptions } from '#gateways/kernel/rate-limits/rate-limits.ts'
import type { RatedMember } from '#gateways/kernel/rate-limits/tiers.ts'

export const RATE_REFUSALS = {
  /** Fields `retryAfterMs`, and after a `take` the `action` and its `verdict`. */
  rateLimited: 'rate-limited',
} as const

const WORDS: Readonly<Record<RateAction, string>> = {
  send_message: 'You are sending messages too fast',
  join_room: 'You are joining rooms too fast',
  create_room: 'You are making rooms too fast',
  upload_file: 'You are sending files too fast',
  api_write: 'You are asking for changes too fast',
  api_read: 'You are asking too fast',
}

export function rateLimited(action: RateAction, verdict: Verdict): Refusal {
  const { retryAfterMs } = verdict
  const words = `${WORDS[action]}: try again in ${waitSeconds(verdict)} seconds.`
  return new Refusal(RATE_REFUSALS.rateLimited, words, { retryAfterMs, action, verdict })
}

/** Whole seconds after which a refused action is allowed, for protocols that count in them. */
export function waitSeconds({ retryAfterMs }: Pick<Verdict, 'retryAfterMs'>): number {
  return Math.max(1, Math.ceil(retryAfterMs / 1_000))
}

/** Takes from the member's budget. Rejects with a `Refusal` when too little is left. */
export async function takeOrRefuse(
  rateLimits: RateLimits,
  member: RatedMember,
  action: RateAction,
  options: TakeOptions,
): Promise<Verdict> {
  const verdict = await rateLimits.take(member, action, options)
  if (!verdict.isAllowed) throw rateLimited(action, verdict)
  return verdict
}
