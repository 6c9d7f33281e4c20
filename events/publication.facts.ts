import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const section = z.string().max(64)

/** That a release of a group is to be published at a time; its stream has the race's id. */
export const publicationFacts = {
  'publication.scheduled': fact(
    1,
    z.object({
      /** The pre section that the release is in. */
      section,
      release: z.string().max(255),
      to: section,
      /** Milliseconds since 1970. */
      dueAtMs: z.number().int().nonnegative(),
    }),
  ),
  'publication.cancelled': fact(1, z.object({})),
  /** It is time: who does it goes by this fact. */
  'publication.fell-due': fact(1, z.object({})),
  'publication.done': fact(1, z.object({})),
  /** It could not be done: the refusal's code and words. */
  'publication.failed': fact(1, z.object({ code: z.string().max(64), words: z.string().max(300) })),
}

export type PublicationFact = FactOf<typeof publicationFacts>
export type PublicationDecided = DecidedOf<typeof publicationFacts>
