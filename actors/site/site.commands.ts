import { z } from 'zod'

import { type SectionRules, sectionRules } from '#events/section-rules.ts'

/** The id of the one site. */
export const SITE = 'site'

export const SITE_LIMITS = { sections: 500 } as const

/** Names of sections are parts of paths and of lines of rights: no spaces, no brackets. */
export const sectionName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u, 'letters, digits, dots, dashes; 64 at most')

const name = z.string().min(1).max(255)
const names = z.array(name).min(1).max(1_000)
const of = z.enum(['release', 'file'])

/** Who sends these has been asked about by the gateway: `administer-rights`, `undupe`. */
export const siteCommands = z.discriminatedUnion('type', [
  /** The first section of a new site. */
  z.object({ type: z.literal('site.create'), name: sectionName }),
  /** What is not said is as in `DEFAULT_SECTION_RULES`. */
  z.object({
    type: z.literal('site.add-section'),
    section: sectionName,
    rules: sectionRules.partial(),
  }),
  z.object({
    type: z.literal('site.change-section'),
    section: sectionName,
    changes: sectionRules.partial(),
  }),
  /** Its releases are gone before: the gateway sees to that. */
  z.object({ type: z.literal('site.remove-section'), section: sectionName }),
  z.object({ type: z.literal('site.clear-dupes'), names, of }),
  z.object({ type: z.literal('site.declare-dupes'), names, of }),
])

export type SiteCommand = z.output<typeof siteCommands>

export const SITE_ACTOR_REFUSALS = {
  /** Field `section`. */
  sectionExists: 'section-exists',
  noSuchSection: 'no-such-section',
  tooManySections: 'too-many-sections',
  /** Releases of a pre section are published in it: fields `section`, `by`. */
  sectionInUse: 'section-in-use',
  /** Field `rule`. */
  invalidRule: 'invalid-section-rule',
} as const

/** What gateways may know of the site. Section names that differ in case alone are different. */
export interface SiteContext {
  sections: Record<string, SectionRules>
}
