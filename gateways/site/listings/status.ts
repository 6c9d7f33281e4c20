import type { Audio } from '#events/race.facts.ts'
import type { SectionRules } from '#events/section-rules.ts'

/** A name that shows how a race stands. Nothing lies behind it. */
export interface StatusEntry {
  readonly name: string
  readonly kind: 'directory' | 'file' | 'link'
  /** Where a link leads. */
  readonly target?: string
  /** Name of the entry beside it that it tells of; whoever may not see that does not see this. */
  readonly about?: string
  /** Paths below the folder that its content names: it is for those who may see them all. */
  readonly tellsOf?: readonly string[]
}

/** How far a release, or one folder of it, is. */
export interface Progress {
  readonly isComplete: boolean
  /** What sfvs list and zips speak of; 0 when neither is there. */
  readonly expectedFiles: number
  readonly filesDone: number
  readonly sizeBytes: number
  readonly audio: Pick<Audio, 'genre' | 'year'> | null
}

/** What a section shows of a release beside its name. */
export interface ReleaseStanding extends Pick<Progress, 'isComplete' | 'expectedFiles'> {
  readonly hasFiles: boolean
  readonly hasNfo: boolean
  readonly hasSample: boolean
  readonly isNuked: boolean
}

export type MarkerRules = Pick<SectionRules, 'purpose' | 'wantsNfo' | 'wantsSample'>

export const MESSAGE_FILE = '.message'
export const MISSING = '-missing'
export const BAD = '.bad'
const BAR_WIDTH = 10
const INCOMPLETE = '(incomplete)-'
const NO_SFV = '(no-sfv)-'
const NO_NFO = '(no-nfo)-'
const NO_SAMPLE = '(no-sample)-'
const MARKERS = [INCOMPLETE, NO_SFV, NO_NFO, NO_SAMPLE]

/**
 * pzs-ng's progress or completion bar; none without an sfv or a diz. Race clients skip names with
 * a space or with one of `[`, `]`, `%`; the bar has them all.
 */
export function barOf(progress: Progress, siteName: string): StatusEntry | undefined {
  const { isComplete, expectedFiles, filesDone, sizeBytes, audio } = progress
  if (expectedFiles === 0) return undefined
  if (isComplete) {
    const tags = audioWords(audio)
    const figures = `${formatSize(sizeBytes)} ${expectedFiles}F - COMPLETE${tags && ` - ${tags}`}`
    return { name: `[${siteName}] - ( ${figures} ) - [${siteName}]`, kind: 'directory' }
  }
  const percent = percentOf(filesDone, expectedFiles)
  const full = Math.floor((percent * BAR_WIDTH) / 100)
  const bar = '#'.repeat(full) + ':'.repeat(BAR_WIDTH - full)
  const words = String(percent).padStart(3)
  return { name: `[${bar}] - ${words}% Complete - [${siteName}]`, kind: 'directory' }
}

/**
 * Of what is not complete: 199 of 200 files are 99%, and so are all files of a release that waits
 * for another disc.
 */
export function percentOf(filesDone: number, expectedFiles: number): number {
  return Math.min(99, Math.floor((filesDone / expectedFiles) * 100))
}

/** The marker of one file that is not here, or not as its sfv lists it. */
export function fileMarker(name: string, state: 'missing' | 'bad'): StatusEntry {
  return { name: name + (state === 'bad' ? BAD : MISSING), kind: 'file', about: name }
}

/**
 * What a section shows beside a release: links to it that say what it lacks. Where nothing is
 * raced, and for what is nuked, nobody is asked to bring more.
 */
export function statusInSection(
  release: string,
  standing: ReleaseStanding,
  { purpose, wantsNfo, wantsSample }: MarkerRules,
): StatusEntry[] {
  const { hasFiles, isNuked, expectedFiles, isComplete } = standing
  if (isNuked || (purpose !== 'releases' && purpose !== 'pre')) return []
  const lacks: readonly (readonly [boolean, string])[] = [
    [!isComplete && expectedFiles > 0, INCOMPLETE],
    [hasFiles && expectedFiles === 0, NO_SFV],
    [hasFiles && wantsNfo && !standing.hasNfo, NO_NFO],
    [hasFiles && wantsSample && !standing.hasSample, NO_SAMPLE],
  ]
  return lacks
    .filter(([isLacking]) => isLacking)
    .map(([, marker]) => ({
      name: marker + release,
      kind: 'link',
      target: release,
      about: release,
    }))
}

/** The release that a marker in a section leads to, by its name alone. */
export function releaseOfMarker(name: string): string | undefined {
  const marker = MARKERS.find((each) => name.startsWith(each) && name.length > each.length)
  return marker && name.slice(marker.length)
}

/** Whether only the site itself gives such names: nobody may make a file or directory so called. */
export function isStatusName(name: string, siteName: string): boolean {
  return (
    name === MESSAGE_FILE ||
    MARKERS.some((marker) => name.startsWith(marker)) ||
    name.startsWith(`[${siteName}] - (`) ||
    (name.startsWith('[') && name.endsWith(`% Complete - [${siteName}]`))
  )
}

/** A genre and a year, as far as the tags say; no slash may stand in a name. */
function audioWords(audio: Progress['audio']): string {
  const words = [audio?.genre, audio?.year].filter((word) => word !== null && word !== undefined)
  return words.join(' ').replace(NOT_IN_NAMES, ' ').trim().slice(0, 60).trim()
}

const NOT_IN_NAMES = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\\/]+/g

const UNITS = ['B', 'K', 'M', 'G', 'T'] as const

/** `700M`: whole units of 1,024, the largest of which there is one at least. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024
    unit++
  }
  return `${Math.floor(value)}${UNITS[unit]}`
}
