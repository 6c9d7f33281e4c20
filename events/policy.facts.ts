import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

/**
 * One line of the site's rights. The right is plain text, so that a line of a right that a later
 * version no longer knows can still be read.
 */
export const rightLine = z.object({
  right: z.string(),
  /** A glob over paths; `-` for a right that is about no path. */
  pattern: z.string(),
  /** Who it is for: the first that fits a member decides. */
  who: z.array(z.string()),
})
export type RightLine = z.output<typeof rightLine>

/** The rules of the site that every gateway asks. */
export const policyFacts = {
  /** All lines, in their order: the first of a right whose pattern fits decides. */
  'policy.rights-set': fact(1, z.object({ rights: z.array(rightLine) })),
}

export type PolicyFact = FactOf<typeof policyFacts>
export type PolicyDecided = DecidedOf<typeof policyFacts>
