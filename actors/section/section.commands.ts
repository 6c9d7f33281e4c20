import { z } from 'zod'

const release = z.string().min(1).max(255)

export const sectionCommands = z.discriminatedUnion('type', [
  z.object({ type: z.literal('section.create'), name: z.string().min(1).max(64) }),
  /** Before the site has it no longer: without releases alone. */
  z.object({ type: z.literal('section.close') }),
  /** `race` is the id that the new release's race will have. */
  z.object({ type: z.literal('section.create-release'), release, race: z.uuid() }),
  z.object({ type: z.literal('section.rename-release'), from: release, to: release }),
  z.object({ type: z.literal('section.remove-release'), release }),
])

export type SectionCommand = z.output<typeof sectionCommands>

export const SECTION_REFUSALS = {
  noSuchSection: 'no-such-section',
  /** Field `releases`: how many. */
  sectionNotEmpty: 'section-not-empty',
  /** Field `release`. */
  releaseExists: 'release-exists',
  noSuchRelease: 'no-such-release',
  invalidName: 'invalid-name',
  /** Only who made the release or a siteop may: fields `release`, `member`. */
  notYours: 'not-yours',
} as const

/** What gateways may know of a section. */
export interface SectionContext {
  name: string
  /** Release name to the id of its race. Names that differ in case alone are different. */
  releases: Record<string, string>
  /** Release name to who made it. */
  makers: Record<string, string>
}
