import type { RateAction } from '#gateways/kernel/rate-limits/actions.ts'
import type { Verdict } from '#gateways/kernel/rate-limits/meter.ts'
import { waitSeconds } from '#gateways/kernel/rate-limits/refusal.ts'

/**
 * The HTTP header fields that tell a verdict: `RateLimit-Policy` and `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers-10 sections 3 and 4; the action is the policy's name),
 * and for a refused request `Retry-After` (RFC 9110 section 10.2.3). None without a limit.
 */
export function rateLimitHeaders(
  action: RateAction,
  verdict: Verdict,
): Readonly<Record<string, string>> {
  if (verdict.limit === Infinity) return {}
  const { limit, windowMs, remaining, resetMs, isAllowed } = verdict
  return {
    'RateLimit-Policy': `"${action}";q=${limit};w=${Math.ceil(windowMs / 1_000)}`,
    RateLimit: `"${action}";r=${remaining};t=${Math.ceil(resetMs / 1_000)}`,
    ...(!isAllowed && { 'Retry-After': String(waitSeconds(verdict)) }),
  }
}
