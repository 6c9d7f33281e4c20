import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const release = z.string().min(1).max(255)
const race = z.string().describe('id of the race actor that the release directory is')

/** A section is a top folder of the site: it owns the names of its releases. */
export const sectionFacts = {
  'section.created': fact(1, z.object({ name: z.string() })),
  /** It had no releases, and takes none until it is made again. */
  'section.closed': fact(1, z.object({})),
  'section.release-created': fact(1, z.object({ release, race })),
  'section.release-renamed': fact(1, z.object({ from: release, to: release, race })),
  'section.release-removed': fact(1, z.object({ release, race })),
}

export type SectionFact = FactOf<typeof sectionFacts>
export type SectionDecided = DecidedOf<typeof sectionFacts>
