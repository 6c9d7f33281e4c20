import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

/** What a member asks the others for. Whoever asks for the same again goes on in its stream. */
export const requestFacts = {
  'request.made': fact(
    1,
    z.object({
      name: z.string().max(150),
      /** Where it is wanted; null: anywhere. */
      section: z.string().max(64).nullable(),
    }),
  ),
  /** `path`: of the release that is it, where that was said. */
  'request.filled': fact(1, z.object({ path: z.string().max(2_048).nullable() })),
  'request.withdrawn': fact(1, z.object({})),
}

export type RequestFact = FactOf<typeof requestFacts>
export type RequestDecided = DecidedOf<typeof requestFacts>
