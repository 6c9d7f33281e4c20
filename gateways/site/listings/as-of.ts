import type { RaceContext } from '#actors/race/race.commands.ts'
import type { SectionContext } from '#actors/section/section.commands.ts'
import { SITE, type SiteContext } from '#actors/site/site.commands.ts'
import { NO_VERSION } from '#events/fact.ts'
import type { Moment } from '#events/moment.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { DEFAULT_SECTION_RULES, type SectionRules } from '#events/section-rules.ts'

import { createGate } from '#gateways/kernel/gate.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import { createFolderEntries } from '#gateways/site/listings/folder-entries.ts'
import { createFolderListings } from '#gateways/site/listings/listing-folder.ts'
import { type FoundRace, hasDirectory, noSuchPath } from '#gateways/site/lookup.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { formatPath, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { rightsOf } from '#gateways/site/rights.ts'
import { isDotEntry, type SiteEntry } from '#gateways/site/listings/site-entry.ts'

export interface SiteAsOf {
  /**
   * What a path held at a moment: of the log by its position, or by time. For who may list the
   * path now; what is hidden from the caller now was never there, and what a group has published
   * since is shown as the group's. Rejects with `no-such-path`, with `before-the-site`, and with
   * `history-too-long` for a release with more facts than are looked at.
   */
  asOf(caller: SiteCaller, path: SitePath, moment: Moment): Promise<readonly SiteEntry[]>
}

/** Folding histories is work for this process: so many at a time, and so many wait. */
const GATE = { running: 2, waiting: 20 }

export function createSiteAsOf(parts: SiteParts): SiteAsOf {
  const pass = createGate(GATE)
  return {
    async asOf(caller, path, moment) {
      const rights = await rightsOf(parts, caller)
      try {
        rights.assert('list', path)
      } catch (cause) {
        // Of what is not there it is said first that there was no site at that moment.
        const isAbsent = cause instanceof Refusal && cause.code === SITE_REFUSALS.noSuchPath
        if (isAbsent) await pass(() => sectionsAt(parts, moment))
        throw cause
      }
      const entries = await pass(() => entriesAt(parts, path, moment))
      return rights.seenOf(folderOf(path, entries), entries)
    },
  }
}

/** Where the entries lie: of a file that is itself the entry, the directory above it. */
function folderOf(path: SitePath, [entry, ...more]: readonly SiteEntry[]): SitePath {
  if (path.kind !== 'inside' || !entry || more.length > 0 || entry.kind !== 'file') return path
  const { section, release } = path
  const slash = path.path.lastIndexOf('/')
  if (path.path.slice(slash + 1) !== entry.name) return path
  if (slash < 0) return { kind: 'release', section, release }
  return { kind: 'inside', section, release, path: path.path.slice(0, slash) }
}

async function entriesAt(
  parts: SiteParts,
  path: SitePath,
  moment: Moment,
): Promise<readonly SiteEntry[]> {
  const made = createFolderEntries(parts.siteName)
  const sections = await sectionsAt(parts, moment)
  const directory = (name: string, madeAt: number) => made.directory(name, madeAt, undefined)
  if (path.kind === 'root') {
    return Object.keys(sections)
      .toSorted()
      .map((name) => directory(name, 0))
  }
  if (!entryOf(sections, path.section)) throw noSuchPath(formatPath(path))
  const { context } = await parts.history.stateAt<SectionContext>(
    { kind: 'section', id: path.section },
    moment,
  )
  if (path.kind === 'section') {
    return Object.entries(context.releases)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, race]) => directory(name, timeOfId(race)))
  }
  const id = entryOf(context.releases, path.release)
  if (id === undefined) throw noSuchPath(formatPath(path))
  const maker = entryOf(context.makers, path.release) ?? ''
  const race = await raceAt(parts, { ...path, id, maker }, moment)
  const rules = await rulesNow(parts, sections, path.section)
  return insideAt(parts, path, race, rules)
}

/** With their rules at that moment. Rejects with `before-the-site`. */
async function sectionsAt(
  { history, lookup }: SiteParts,
  moment: Moment,
): Promise<Readonly<Record<string, SectionRules>>> {
  const then = await history.stateAt<SiteContext>({ kind: 'site', id: SITE }, moment)
  if (then.version !== NO_VERSION) return then.context.sections
  // Sections were fixed, and had no rules, before the site kept them on record itself.
  const older: Record<string, SectionRules> = {}
  for (const name of Object.keys(await lookup.sections())) {
    const version = await history.versionAt({ kind: 'section', id: name }, moment)
    if (version !== NO_VERSION) older[name] = DEFAULT_SECTION_RULES
  }
  if (Object.keys(older).length > 0) return older
  throw new Refusal(SITE_REFUSALS.beforeTheSite, 'There was no site yet.')
}

/** Names that listings leave out now are left out; a section that is gone has the rules it had. */
async function rulesNow(
  { lookup }: SiteParts,
  then: Readonly<Record<string, SectionRules>>,
  section: string,
): Promise<SectionRules> {
  return entryOf(await lookup.sections(), section) ?? then[section] ?? DEFAULT_SECTION_RULES
}

async function raceAt(
  { history, lookup }: SiteParts,
  home: Pick<FoundRace, 'id' | 'section' | 'release' | 'maker'>,
  moment: Moment,
): Promise<FoundRace> {
  const { id, section, release, maker } = home
  const { value, version, context } = await history.stateAt<RaceContext>(
    { kind: 'race', id },
    moment,
  )
  // Whom a group stands for since is not told of the time before either.
  const { published } = (await lookup.raceById(id)).context
  return {
    id,
    section,
    release,
    maker,
    version,
    isRemoved: value === 'removed',
    isComplete: value === 'complete',
    context: { ...context, published: published ?? context.published },
  }
}

function insideAt(
  parts: SiteParts,
  path: Extract<SitePath, { kind: 'release' | 'inside' }>,
  race: FoundRace,
  rules: SectionRules,
): readonly SiteEntry[] {
  const { siteName, clock } = parts
  const listings = createFolderListings({ siteName, now: clock.now, startedAt: 0 })
  const below = path.kind === 'inside' ? path.path : ''
  const file = entryOf(race.context.files, below)
  if (file) return [listings.file(race, below, file)]
  if (!hasDirectory(race.context, below)) throw noSuchPath(formatPath(path))
  const { entries } = listings.of(race, below, rules, 0).listing
  return entries.filter((entry) => !isDotEntry(entry))
}

/** RFC 9562 section 5.7: an id of version 7 begins with the milliseconds when it was made. */
function timeOfId(id: string): number {
  return id[14] === '7' ? Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) : 0
}
