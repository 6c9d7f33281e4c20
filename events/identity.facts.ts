import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

/** A member's identity at another provider. One account at a time has it. */
export const identityFacts = {
  'identity.claimed': fact(1, z.object({ provider: z.string(), account: z.string() })),
  'identity.released': fact(1, z.object({ provider: z.string(), account: z.string() })),
}

export type IdentityFact = FactOf<typeof identityFacts>
export type IdentityDecided = DecidedOf<typeof identityFacts>
