import { z } from 'zod'

import type { RightLine } from '#events/policy.facts.ts'

import { RIGHTS_LIMITS } from '#actors/policy/rights.ts'

/** The id of the one policy of a site. */
export const SITE_POLICY = 'site'

const lines = z.array(z.string().max(RIGHTS_LIMITS.lineCharacters)).max(RIGHTS_LIMITS.lines)

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
    rights: lines,
    /** The version at which the rights were read: refused when they have changed since. */
    version: z.int().optional(),
  }),
  /**
   * Takes lines out, wherever they stand, and puts others before all that are left: the first that
   * fits decides. Nothing that somebody else changes at the same moment is undone by it.
   */
  z.object({ type: z.literal('policy.change-rights'), without: lines, first: lines }),
])

export type PolicyCommand = z.output<typeof policyCommands>

export const POLICY_REFUSALS = {
  /** No siteop could change the rights any more. */
  lockOut: 'rights-lock-out',
  /** Somebody else has changed them since they were read. Field `version`: of the rights now. */
  changed: 'rights-changed',
} as const

/** State value: `absent`, then `set`. */
export interface PolicyContext {
  rights: readonly RightLine[]
}
