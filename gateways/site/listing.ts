import type { PathRight } from '#actors/policy/actions.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import { LOG_START } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { folderOf, type FoundRace, noSuchPath } from '#gateways/site/lookup.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { formatPath, partsOf, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { rightsOf, type SiteRights } from '#gateways/site/rights.ts'
import {
  fileMarkers,
  isStatusName,
  type StatusEntry,
  statusInSection,
  statusOfRelease,
} from '#gateways/site/status.ts'

/** One row of a listing. */
export interface SiteEntry {
  readonly name: string
  readonly kind: 'directory' | 'file' | 'link'
  readonly sizeBytes: number
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
  readonly owner: string
  readonly group: string
  /** It shows the state of a race: nothing lies behind it. */
  readonly isStatus: boolean
  /** Where a link leads. */
  readonly target?: string
  /** Of a status entry: the name of the entry beside it that it tells of. */
  readonly about?: string
}

export interface Listing {
  /** Sorted by name, status entries first. */
  readonly entries: readonly SiteEntry[]
}

export interface UploadOfRace {
  readonly race: string
  /** Path below the release. */
  readonly file: string
}

export interface SiteListings {
  /**
   * What is at a path, for who has one of the rights there; `list` when not said. A status entry
   * is found too.
   */
  stat(caller: SiteCaller, path: SitePath, rights?: readonly PathRight[]): Promise<SiteEntry>
  /**
   * A directory's entries, without those that are hidden from the caller. The answer reflects the facts up to `position`, where a client's
   * own last change lies, and those of others that have been heard of.
   */
  list(caller: SiteCaller, path: SitePath, position: number): Promise<Listing>
  /** Of files that uploads are under way for: whether the caller may know of each. */
  seesUploads(caller: SiteCaller, uploads: readonly UploadOfRace[]): Promise<readonly boolean[]>
  /** Begins to hear of changes; before that nothing is cached rightly. */
  hearChanges(): Promise<void>
}

/** How long a client waits at most to see its own writes in the status entries. */
const REACHED_WITHIN_MS = 2_000
/** Race clients poll a directory up to 20 times a second. */
const CACHE_MS = 1_000
const CACHED_LISTINGS = 500

export function createSiteListings(parts: SiteParts): SiteListings {
  const { lookup, clock, readModels } = parts
  const cache = new Map<string, Cached>()
  /** Position of the newest change to the site: an answer from before it is not given again. */
  let changedAt = LOG_START
  const startedAt = clock.now()
  const site = { owner: parts.siteName, group: parts.siteName, isStatus: false, sizeBytes: 0 }
  const directory = (name: string, modifiedAt: number): SiteEntry => {
    return { ...site, name, kind: 'directory', modifiedAt }
  }
  const status = (entry: StatusEntry, modifiedAt: number): SiteEntry => {
    return { ...site, ...entry, isStatus: true, modifiedAt }
  }

  async function listSection(section: string): Promise<SiteEntry[]> {
    const names = Object.keys((await lookup.section(section)).releases).toSorted()
    const summaries = names.length > 0 ? await readModels.racesByName(section, names) : []
    const byName = new Map(summaries.map((race) => [race.release, race]))
    const marks: SiteEntry[] = []
    const entries = names.map((name) => {
      const race = byName.get(name)
      const modifiedAt = race?.completedAt ?? race?.startedAt ?? race?.createdAt ?? startedAt
      const mark = race && statusInSection(race)
      if (mark) marks.push(status(mark, modifiedAt))
      return directory(name, modifiedAt)
    })
    return [...marks, ...entries]
  }

  async function listInside(race: FoundRace, folder: string): Promise<SiteEntry[]> {
    const detail = await readModels.race(race.id)
    // The context is live: from here on nothing is awaited.
    const { context } = await lookup.raceById(race.id)
    const modifiedAt = detail?.completedAt ?? detail?.startedAt ?? detail?.createdAt ?? startedAt
    const marks = !detail
      ? []
      : folder === ''
        ? statusOfRelease(detail, parts.siteName)
        : fileMarkers(detail, folder)
    const entries = entriesIn(context, folder, (name) => directory(name, modifiedAt))
    const taken = new Set(entries.map((entry) => entry.name))
    const shown = marks.filter((mark) => !taken.has(mark.name) && isStillSo(context, folder, mark))
    return [...shown.map((mark) => status(mark, modifiedAt)), ...entries]
  }

  async function entriesOf(path: SitePath): Promise<SiteEntry[]> {
    const node = await lookup.node(path)
    switch (node.kind) {
      case 'root':
        return lookup.sections.map((name) => directory(name, startedAt))
      case 'section':
        return await listSection(node.section)
      case 'release':
        return await listInside(node.race, '')
      case 'directory':
        return await listInside(node.race, node.path)
      case 'file':
        throw new Refusal(SITE_REFUSALS.notADirectory, `${formatPath(path)} is no directory.`)
      case 'absent':
        return []
    }
  }

  /** The entries as they are, whoever looks at them. */
  async function whole(
    path: SitePath,
    position: number,
    rights: SiteRights,
  ): Promise<readonly SiteEntry[]> {
    const node = await lookup.node(path)
    if (node.kind === 'absent') {
      // The bar is a directory, so that a client that mirrors a release can enter it.
      if ((await find(path, rights)).kind === 'directory') return []
      throw new Refusal(SITE_REFUSALS.statusEntry, 'That is a status entry.')
    }
    const key = formatPath(path)
    const version = 'race' in node && node.race ? node.race.version : 0
    const now = clock.now()
    const wanted = Math.max(position, changedAt)
    const cached = cache.get(key)
    const isFresh = cached && cached.position >= wanted && cached.version === version
    if (isFresh && now - cached.at < CACHE_MS) return cached.entries
    const isReached = await readModels.reached(wanted, REACHED_WITHIN_MS)
    const entries = await entriesOf(path)
    cache.delete(key)
    if (isReached) cache.set(key, { at: now, position: wanted, version, entries })
    if (cache.size > CACHED_LISTINGS) cache.delete(cache.keys().next().value!)
    return entries
  }

  async function find(path: SitePath, rights: SiteRights): Promise<SiteEntry> {
    const node = await lookup.node(path)
    const name = partsOf(path).at(-1) ?? '/'
    if (node.kind === 'file') return fileEntry(name, node.file)
    if (node.kind !== 'absent') return directory(name, startedAt)
    const isStatus =
      isStatusName(name, parts.siteName) || name.endsWith('-missing') || name.endsWith('.bad')
    const above = isStatus ? await lookup.node(parentOf(path)) : node
    if (above.kind === 'section' || above.kind === 'release' || above.kind === 'directory') {
      const folder = parentOf(path)
      const entries = rights.seenOf(folder, await whole(folder, 0, rights))
      const entry = entries.find((each) => each.isStatus && each.name === name)
      if (entry) return entry
    }
    throw noSuchPath(formatPath(path))
  }

  return {
    async stat(caller, path, wanted = ['list']) {
      const rights = await rightsOf(parts, caller)
      rights.assert(wanted, path)
      return await find(path, rights)
    },
    async list(caller, path, position) {
      const rights = await rightsOf(parts, caller)
      rights.assert('list', path)
      return { entries: rights.seenOf(path, await whole(path, position, rights)) }
    },
    async seesUploads(caller, uploads) {
      const rights = await rightsOf(parts, caller)
      const races = await Promise.all(uploads.map(({ race }) => lookup.raceById(race)))
      return races.map(({ section, release }, index) => {
        return rights.sees({ kind: 'inside', section, release, path: uploads[index]!.file })
      })
    },
    async hearChanges() {
      await parts.bus.subscribe({ kinds: ['race', 'section'] }, ({ position }) => {
        changedAt = position
      })
    },
  }
}

interface Cached {
  readonly at: number
  readonly position: number
  readonly version: number
  readonly entries: readonly SiteEntry[]
}

type File = RaceContext['files'][string]

function fileEntry(name: string, file: File): SiteEntry {
  const { sizeBytes, acceptedAtMs: modifiedAt, member: owner, group } = file
  return { name, kind: 'file', sizeBytes, modifiedAt, owner, group, isStatus: false }
}

/** The files and directories of one folder. A bad file shows as its marker alone. */
function entriesIn(
  { files, directories }: Readonly<RaceContext>,
  folder: string,
  directory: (name: string) => SiteEntry,
): SiteEntry[] {
  const start = folder === '' ? 0 : folder.length + 1
  const entries: SiteEntry[] = []
  for (const path of Object.keys(directories)) {
    if (folderOf(path) === folder) entries.push(directory(path.slice(start)))
  }
  for (const [path, file] of Object.entries(files)) {
    if (folderOf(path) !== folder || file.isBad) continue
    entries.push(fileEntry(path.slice(start), file))
  }
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The read model may be a moment behind: a file that has just come is not missing. */
function isStillSo(context: Readonly<RaceContext>, folder: string, mark: StatusEntry): boolean {
  if (mark.kind !== 'file' || !mark.name.endsWith('-missing')) return true
  const name = mark.name.slice(0, -'-missing'.length)
  const path = folder === '' ? name : `${folder}/${name}`
  return !Object.hasOwn(context.files, path)
}

function parentOf(path: SitePath): SitePath {
  const [section, release, ...rest] = partsOf(path).slice(0, -1)
  if (section === undefined) return { kind: 'root' }
  if (release === undefined) return { kind: 'section', section }
  if (rest.length === 0) return { kind: 'release', section, release }
  return { kind: 'inside', section, release, path: rest.join('/') }
}
