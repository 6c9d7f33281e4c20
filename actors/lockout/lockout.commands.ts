import { z } from 'zod'

const reason = z.string().max(200)

/** What the settings may say at most; no older and no more failures are kept. */
export const LOCKOUT_LIMITS = { failures: 20, windowMs: 86_400_000 } as const

export const lockoutCommands = z.discriminatedUnion('type', [
  /** Refused with `locked-out` while it is locked. The one that reaches the limit locks. */
  z.object({
    type: z.literal('lockout.fail'),
    gateway: z.string().min(1).max(32),
    remote: z.string().max(1_024).nullable(),
    /** As the settings have them: 5 within 15 minutes lock for 15 minutes. */
    failuresMax: z.number().int().min(1).max(LOCKOUT_LIMITS.failures),
    windowMs: z.number().int().min(1_000).max(LOCKOUT_LIMITS.windowMs),
  }),
  /** Forgets the failures; no fact when there are none. */
  z.object({ type: z.literal('lockout.clear'), reason }),
])

export type LockoutCommand = z.output<typeof lockoutCommands>

export const LOCKOUT_REFUSALS = {
  /** Field `retryAfterMs`. */
  lockedOut: 'locked-out',
} as const

/** State value: `open` from the beginning. */
export interface LockoutContext {
  /** Times of the failures since the last clearing; those outside the window do not count. */
  failuresAtMs: number[]
  lockedUntilMs: number
}

/** The ids: `account_<account>`, `name_<tag>` where there is no such account, `address_<tag>`. */
export function lockoutOfAccount(account: string): string {
  return `account_${account}`
}

export function lockoutOfName(tag: string): string {
  return `name_${tag}`
}

export function lockoutOfAddress(tag: string): string {
  return `address_${tag}`
}
