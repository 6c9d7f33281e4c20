import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const kid = z.string().min(1).max(64)
const moment = z.number().int().nonnegative()

/** The public halves of the keys that sign access tokens; the private ones lie in the vault. */
export const signingFacts = {
  'signing.key-added': fact(
    1,
    z.object({
      kid,
      publicKey: z.object({ crv: z.literal('Ed25519'), x: z.string().length(43) }),
      signsFromMs: moment,
      retiresAtMs: moment.describe('from then on no token of this key is accepted'),
    }),
  ),
  'signing.key-retired': fact(1, z.object({ kid })),
}

export type SigningFact = FactOf<typeof signingFacts>
export type SigningDecided = DecidedOf<typeof signingFacts>
