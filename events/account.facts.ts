import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

/** An account is a member's identity over every gateway. */
export const accountFacts = {
  'account.created': fact(
    1,
    z.object({
      name: z.string(),
      group: z.string(),
      /** glFTPd's flag letters, sorted: `1` is siteop. */
      flags: z.string(),
    }),
  ),
  /** The hash itself lies in the vault under `credential:<credential>`. */
  'account.password-set': fact(1, z.object({ credential: z.string() })),
}

export type AccountFact = FactOf<typeof accountFacts>
export type AccountDecided = DecidedOf<typeof accountFacts>
