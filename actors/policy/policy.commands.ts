import { z } from 'zod'

import type { RightLine } from '#events/policy.facts.ts'

import { RIGHTS_LIMITS } from '#actors/policy/rights.ts'

/** The id of the one policy of a site. */
export const SITE_POLICY = 'site'

/**
 * Who sends these has been asked about with `administer-rights`: the actor sees flags alone, and
 * rights go by more than flags.
 */
export const policyCommands = z.discriminatedUnion('type', [
  /** Sets the default rights, once. */
  z.object({ type: z.literal('policy.create') }),
  /** All lines, as text; comments are not kept. Refused with a code of `RIGHTS_REFUSALS`. */
  z.object({
    type: z.literal('policy.set-rights'),
    rights: z.array(z.string().max(RIGHTS_LIMITS.lineCharacters)).max(RIGHTS_LIMITS.lines),
  }),
])

export type PolicyCommand = z.output<typeof policyCommands>

export const POLICY_REFUSALS = {
  /** No siteop could change the rights any more. */
  lockOut: 'rights-lock-out',
} as const

/** State value: `absent`, then `set`. */
export interface PolicyContext {
  rights: readonly RightLine[]
}
