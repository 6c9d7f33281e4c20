import type { Audio } from '#events/race.facts.ts'
import type { AudioRules } from '#events/section-rules.ts'

/** What a section does not want of an audio file. */
export interface AudioFault {
  readonly code: 'audio-unreadable' | 'audio-genre' | 'audio-year' | 'audio-bitrate'
  readonly words: string
}

/** The first thing that is not as the section's rules want it; undefined when all is. */
export function audioFault(tags: Audio | undefined, rules: AudioRules): AudioFault | undefined {
  if (!tags) return { code: 'audio-unreadable', words: 'Its tags cannot be read.' }
  return genreFault(tags, rules) ?? yearFault(tags, rules) ?? bitrateFault(tags, rules)
}

function genreFault({ genre }: Audio, rules: AudioRules): AudioFault | undefined {
  const isIn = (genres: readonly string[]) =>
    genres.some((each) => each.toLowerCase() === genre?.toLowerCase())
  const isWanted = rules.genres.length === 0 || isIn(rules.genres)
  if (isWanted && !isIn(rules.bannedGenres)) return undefined
  return { code: 'audio-genre', words: `The genre ${genre ?? '(none)'} is not for here.` }
}

function yearFault({ year }: Audio, { yearFrom, yearTo }: AudioRules): AudioFault | undefined {
  if (isWithin(year, yearFrom, yearTo)) return undefined
  return {
    code: 'audio-year',
    words: `The year ${year ?? '(none)'} is not for here: ${range(yearFrom, yearTo)}.`,
  }
}

function bitrateFault({ kbps }: Audio, { kbpsFrom, kbpsTo }: AudioRules): AudioFault | undefined {
  if (isWithin(kbps, kbpsFrom, kbpsTo)) return undefined
  const words = `${kbps ?? '(unknown)'} kbit/s are not for here: ${range(kbpsFrom, kbpsTo)}.`
  return { code: 'audio-bitrate', words }
}

/** A file that does not say is none of those that a rule takes. */
function isWithin(value: number | null, from: number | null, to: number | null): boolean {
  if (from === null && to === null) return true
  return value !== null && value >= (from ?? value) && value <= (to ?? value)
}

function range(from: number | null, to: number | null): string {
  if (from === null) return `at most ${to}`
  return to === null ? `at least ${from}` : `${from} to ${to}`
}
