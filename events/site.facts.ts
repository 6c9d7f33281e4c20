import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'
import { sectionRules } from '#events/section-rules.ts'

const section = z.string().min(1).max(64)
const name = z.string().min(1).max(255)

/** The site as a whole: which sections it has, by which rules, and names that are no dupes. */
export const siteFacts = {
  'site.section-added': fact(1, z.object({ section, rules: sectionRules })),
  /** Those of its rules that are others now. */
  'site.section-changed': fact(1, z.object({ section, changes: sectionRules.partial() })),
  'site.section-removed': fact(1, z.object({ section })),
  /** The name may be brought again, though it was here before. */
  'site.dupe-cleared': fact(1, z.object({ name, of: z.enum(['release', 'file']) })),
  /** The name may not be brought, though it never was here. */
  'site.dupe-declared': fact(1, z.object({ name, of: z.enum(['release', 'file']) })),
}

export type SiteFact = FactOf<typeof siteFacts>
export type SiteDecided = DecidedOf<typeof siteFacts>
