import type { RaceDetail, RaceSummary } from '#projections/read-models.ts'

/** A name that shows how a race stands. Nothing lies behind it. */
export interface StatusEntry {
  readonly name: string
  readonly kind: 'directory' | 'file' | 'link'
  /** Where a link leads. */
  readonly target?: string
  /** Name of the entry beside it that it tells of; whoever may not see that does not see this. */
  readonly about?: string
}

const BAR_WIDTH = 10
const INCOMPLETE = '(incomplete)-'
const MISSING = '-missing'
const BAD = '.bad'

/**
 * The entries that a release's own directory shows: pzs-ng's progress or completion bar, a
 * marker for each missing file, and one for each bad file. Race clients skip names with a
 * space or with one of `[`, `]`, `%`; the bar has them all.
 */
export function statusOfRelease(race: RaceDetail, siteName: string): StatusEntry[] {
  if (race.expectedFiles === 0) return []
  return [{ name: barOf(race, siteName), kind: 'directory' }, ...fileMarkers(race, '')]
}

/** The markers of the files in one folder of a release; `''` is the release itself. */
export function fileMarkers(race: RaceDetail, folder: string): StatusEntry[] {
  const prefix = folder === '' ? '' : `${folder}/`
  const markers: StatusEntry[] = []
  for (const { file, state } of race.files) {
    const suffix = state === 'missing' ? MISSING : state === 'bad' ? BAD : undefined
    if (suffix === undefined || !file.startsWith(prefix)) continue
    const name = file.slice(prefix.length)
    if (!name.includes('/')) markers.push({ name: name + suffix, kind: 'file', about: name })
  }
  return markers
}

/** What a section shows beside a release that is not complete: a link to it. */
export function statusInSection(race: RaceSummary): StatusEntry | undefined {
  const isIncomplete = race.state === 'open' && race.filesDone < race.expectedFiles
  if (!isIncomplete) return undefined
  const { release } = race
  return { name: INCOMPLETE + release, kind: 'link', target: release, about: release }
}

/** Whether only the site itself gives such names: nobody may make a file or directory so called. */
export function isStatusName(name: string, siteName: string): boolean {
  return (
    name.startsWith(INCOMPLETE) ||
    name.startsWith(`[${siteName}] - (`) ||
    (name.startsWith('[') && name.endsWith(`% Complete - [${siteName}]`))
  )
}

function barOf(race: RaceSummary, siteName: string): string {
  if (race.state === 'complete') {
    const files = `${race.expectedFiles}F`
    return `[${siteName}] - ( ${formatSize(race.sizeBytes)} ${files} - COMPLETE ) - [${siteName}]`
  }
  // Only what is complete shows as such: 199 of 200 files are 99%.
  const done = race.filesDone / race.expectedFiles
  const full = Math.floor(done * BAR_WIDTH)
  const bar = '#'.repeat(full) + ':'.repeat(BAR_WIDTH - full)
  return `[${bar}] - ${String(Math.floor(done * 100)).padStart(3)}% Complete - [${siteName}]`
}

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
