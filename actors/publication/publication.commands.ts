import { z } from 'zod'

const section = z.string().min(1).max(64)

/** Who sends these has been asked about with the right `pre`. The actor's id is the race's. */
export const publicationCommands = z.discriminatedUnion('type', [
  /** Takes the place of what was set before. */
  z.object({
    type: z.literal('publication.schedule'),
    section,
    release: z.string().min(1).max(255),
    to: section,
    /** Milliseconds since 1970: from now on to `PUBLICATION_LIMITS.aheadMs`. */
    dueAtMs: z.number().int().nonnegative(),
  }),
  z.object({ type: z.literal('publication.cancel') }),
  /** The host's own. */
  z.object({ type: z.literal('publication.fall-due') }),
  /** How it went: with a refusal or without. */
  z.object({
    type: z.literal('publication.end'),
    refusal: z.object({ code: z.string().max(64), words: z.string().max(300) }).nullable(),
  }),
])

export type PublicationCommand = z.output<typeof publicationCommands>

export const PUBLICATION_LIMITS = { aheadMs: 90 * 24 * 3_600_000 } as const

export const PUBLICATION_REFUSALS = {
  notScheduled: 'publication-not-scheduled',
  /** The time is past, or too far ahead. */
  invalidTime: 'invalid-publication-time',
} as const

/** State values: `idle`, `scheduled`, `due`. */
export interface PublicationContext {
  section: string
  release: string
  to: string
  dueAtMs: number
  /** Who has set the time: it is done in their name. */
  by: string
  /** Why the last one was not done. */
  failure: { code: string; words: string } | null
}
