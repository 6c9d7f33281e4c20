import { type Fact, refOf } from '#events/fact.ts'
import { entryOf } from '#events/records.ts'
import type { SectionRules } from '#events/section-rules.ts'
import type { RaceSummary } from '#projections/read-models.ts'

import type { FolderListing } from '#gateways/site/listings/listing-folder.ts'
import type { FoundRace } from '#gateways/site/lookup.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { listingOf, type SiteEntry } from '#gateways/site/listings/site-entry.ts'
import {
  createEntries,
  NOTHING,
  standingOf,
  standingOfSummary,
} from '#gateways/site/listings/release-rows.ts'
import {
  emptyTable,
  forget,
  markersOf,
  patch,
  type Row,
  type SectionTable,
} from '#gateways/site/listings/section-table.ts'
import {
  type MarkerRules,
  type ReleaseStanding,
  statusInSection,
} from '#gateways/site/listings/status.ts'

export interface SectionListings {
  of(section: string, rules: SectionRules, position: number): Promise<FolderListing>
  hear(fact: Fact): void
}

export interface SectionListingParts extends Pick<
  SiteParts,
  'lookup' | 'readModels' | 'clock' | 'siteName'
> {
  readonly startedAt: number
  readonly heard: () => number
}

/**
 * Of what was not known: all; what the read models had, which were behind; or what the races know,
 * as there were no read models.
 */
type Learnt = 'all' | 'late' | 'guessed'

interface Update {
  hasBegun: boolean
  readonly made: Promise<FolderListing>
}

/** Known anew after that long, whatever the bus has brought: it may lose facts with its server. */
const REMAKE_MS = 15 * 60_000
/** The read models were out of reach: what is known is used meanwhile. */
const RETRY_MS = 30_000
/** So many unknown releases are asked about one by one; more are read from the read models. */
const ASKED_SINGLY = 100
/** What the read models answer at a time. */
const NAMES_AT_ONCE = 10_000
const REACHED_WITHIN_MS = 2_000
/** A large section is not put together again for each file of each race. */
const LARGE_ENTRIES = 1_000
const LARGE_STALE_MS = 50

/**
 * Listings of sections. What the read models say is read once; from then on each release that
 * something has happened to is looked up in its race. So an answer has all that the section's
 * and the races' actors know of what has been heard. When the read models are out of reach, what
 * is known stays in use.
 */
export function createSectionListings(parts: SectionListingParts): SectionListings {
  const { lookup, clock, readModels } = parts
  const tables = new Map<string, SectionTable>()
  /** New ones, which are no use yet. */
  const learning = new Map<string, SectionTable>()
  const updates = new Map<string, Update>()
  const entryMaker = createEntries(parts)

  async function update(section: string, rules: SectionRules): Promise<FolderListing> {
    const known = tables.get(section)
    const markers = markersOf(rules)
    if (known && known.markers === markers && clock.now() < known.goodUntil) {
      return (await build(section, known, rules)).made
    }
    const next = emptyTable(markers, clock.now() + REMAKE_MS)
    learning.set(section, next)
    try {
      const { made, learnt } = await build(section, next, rules)
      if (learnt === 'all' || (learnt === 'guessed' && !known)) tables.set(section, next)
      if (learnt === 'all' || !known) return made
    } catch (cause) {
      // What is wrong with more than the read models shows again at once, below.
      if (!known) throw cause
    } finally {
      learning.delete(section)
    }
    Object.assign(known, { markers, goodUntil: clock.now() + RETRY_MS })
    return (await build(section, known, rules)).made
  }

  async function build(
    section: string,
    table: SectionTable,
    rules: SectionRules,
  ): Promise<{ readonly made: FolderListing; readonly learnt: Learnt }> {
    const position = parts.heard()
    const { version, context } = await lookup.sectionState(section)
    if (table.names?.version !== version) {
      table.names = { version, sorted: Object.keys(context.releases).toSorted() }
      const present = new Set(Object.values(context.releases))
      forget(table, new Set([...table.rows.keys()].filter((id) => !present.has(id))))
    }
    const { built } = table
    if (built?.version === version && table.dirty.size === 0) return { made: built, learnt: 'all' }
    const { sorted } = table.names
    const unknown = sorted.filter((name) => !table.rows.has(context.releases[name]!))
    const learnt = await learn(table, section, unknown, context.releases, rules)
    // What comes from now on is looked up the next time.
    const dirty = [...table.dirty].filter((id) => table.rows.has(id))
    table.dirty.clear()
    await Promise.all(
      dirty.map(async (id) => {
        const race = await lookup.raceById(id)
        // From here to the end of the turn the context is as it was found.
        const { name } = table.rows.get(id)!
        table.rows.set(id, rowOf(table, id, name, standingOf(race, rules), rules, race))
      }),
    ).catch((cause: unknown) => {
      for (const id of dirty) table.dirty.add(id)
      throw cause
    })
    const now = clock.now()
    const marks: SiteEntry[] = []
    const directories: SiteEntry[] = []
    for (const name of sorted) {
      const id = entryOf(context.releases, name)
      const row = id === undefined ? undefined : table.rows.get(id)
      if (id === undefined || !row) continue
      const named = row.name === name ? row : rowOf(table, id, name, row.standing, rules)
      if (named !== row) table.rows.set(id, named)
      marks.push(...named.marks)
      directories.push(named.directory)
    }
    const entries = [...marks, ...directories]
    const arePlain = !directories.some((entry) => entryMaker.isOdd(entry))
    const made = { listing: listingOf(entries), arePlain, version, at: now }
    table.built = made
    table.builtPosition = position
    if (learnt === 'late') {
      forget(table, new Set(unknown.map((name) => context.releases[name]!)))
      table.built = undefined
    }
    return { made, learnt }
  }

  async function learn(
    table: SectionTable,
    section: string,
    names: readonly string[],
    releases: Readonly<Record<string, string>>,
    rules: SectionRules,
  ): Promise<Learnt> {
    if (names.length === 0) return 'all'
    const isMany = names.length > ASKED_SINGLY
    const summaries = new Map<string, RaceSummary>()
    let learnt: Learnt = 'all'
    table.isLearning = true
    try {
      if (isMany && !(await readModels.reached(parts.heard(), REACHED_WITHIN_MS))) learnt = 'late'
      for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
        const some = names.slice(at, at + NAMES_AT_ONCE)
        for (const each of await readModels.racesByName(section, some)) {
          summaries.set(each.id, each)
        }
      }
    } catch (cause) {
      if (isMany) throw cause
      // The races themselves know all but some times, for which the read models are asked again.
      learnt = 'guessed'
      table.goodUntil = Math.min(table.goodUntil, clock.now() + RETRY_MS)
    } finally {
      table.isLearning = false
    }
    const now = clock.now()
    for (const name of names) {
      const id = entryOf(releases, name)
      if (id === undefined) continue
      const summary = summaries.get(id)
      const { createdAt = now, startedAt, completedAt } = summary ?? {}
      const heard = table.times.get(id)
      table.times.set(id, {
        createdAt: heard?.createdAt ?? createdAt,
        startedAt: heard?.startedAt ?? startedAt ?? undefined,
        completedAt: heard?.completedAt ?? completedAt ?? undefined,
      })
      const standing = summary ? standingOfSummary(summary) : NOTHING
      table.rows.set(id, rowOf(table, id, name, standing, rules))
      if (!isMany) table.dirty.add(id)
    }
    return learnt
  }

  function rowOf(
    table: SectionTable,
    id: string,
    name: string,
    standing: ReleaseStanding,
    rules: MarkerRules,
    race?: FoundRace,
  ): Row {
    const times = table.times.get(id)
    const modifiedAt = times?.completedAt ?? times?.startedAt ?? times?.createdAt ?? parts.startedAt
    const mode = race ? entryOf(race.context.modes, '') : table.rows.get(id)?.directory.mode
    const before = table.rows.get(id)?.directory
    const isSame = before?.name === name && before.modifiedAt === modifiedAt && before.mode === mode
    return {
      name,
      standing,
      directory: isSame ? before : entryMaker.directory(name, modifiedAt, mode),
      marks: statusInSection(name, standing, rules).map((mark) =>
        entryMaker.status(mark, modifiedAt),
      ),
    }
  }

  return {
    async of(section, rules, position) {
      const table = tables.get(section)
      const { built } = table ?? {}
      const isLarge = built && built.listing.entries.length > LARGE_ENTRIES
      const isRecent = isLarge && clock.now() - built.at < LARGE_STALE_MS
      if (built && isRecent && table!.builtPosition >= position) return built
      // Who comes while it is being made may have caused what is not in it, and waits for the next.
      const last = updates.get(section)
      if (last && !last.hasBegun) return await last.made
      const next: Update = { hasBegun: false, made: undefined as never }
      const begin = () => {
        next.hasBegun = true
        return update(section, rules)
      }
      const made = last ? last.made.then(begin, begin) : begin()
      updates.set(section, Object.assign(next, { made }))
      try {
        return await made
      } finally {
        if (updates.get(section) === next) updates.delete(section)
      }
    },
    hear(fact) {
      const ref = refOf(fact.stream)
      if (ref?.kind !== 'race') return
      for (const table of [...tables.values(), ...learning.values()]) {
        const times = table.times.get(ref.id)
        if (times) patch(times, fact)
        if (times || table.isLearning) table.dirty.add(ref.id)
      }
    },
  }
}
