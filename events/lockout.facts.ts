import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const moment = z.number().int().nonnegative()

/** Failed logins of one account or one address; there are two of these for each failure. */
export const lockoutFacts = {
  'lockout.failed': fact(
    1,
    z.object({
      gateway: z.string(),
      /** The address, sealed with the key of the account, or of strangers where there is none. */
      remote: z.string().nullable(),
    }),
  ),
  'lockout.locked': fact(1, z.object({ until: moment, failures: z.number().int().positive() })),
  /** A right password came, or an administrator lifted it. */
  'lockout.cleared': fact(1, z.object({ reason: z.string() })),
}

export type LockoutFact = FactOf<typeof lockoutFacts>
export type LockoutDecided = DecidedOf<typeof lockoutFacts>
