import type { AcceptedFile, RaceContext } from '#actors/race/race.commands.ts'
import { isHidden } from '#actors/site/section-names.ts'
import { entryOf } from '#events/records.ts'
import { folderOf } from '#events/release-paths.ts'
import type { SectionRules } from '#events/section-rules.ts'

import { createFolderEntries, type FolderEntries } from '#gateways/site/listings/folder-entries.ts'
import type { FoundRace } from '#gateways/site/lookup.ts'
import { type Listing, listingOf, type SiteEntry } from '#gateways/site/listings/site-entry.ts'
import { barOf, fileMarker, type Progress } from '#gateways/site/listings/status.ts'
import { virtualFilesOf } from '#gateways/site/listings/virtual-files.ts'

/** A folder of a release as it is for those from whom nothing is hidden. */
export interface FolderListing {
  readonly listing: Listing
  /** No name in it needs more than a look at the folder to know who sees it. */
  readonly arePlain: boolean
}

export interface FolderListings {
  /**
   * The race's context is live: this reads it at once. Of a large folder an answer may be up to
   * `LARGE_STALE_MS` old, but has whatever the caller has caused, up to `position`. The race was
   * asked for when facts up to `heard` had been heard of.
   */
  of(
    race: FoundRace,
    folder: string,
    rules: SectionRules,
    position: number,
    heard?: number,
  ): FolderListing
  /** A file by its path below the release, hidden ones too. */
  file(race: FoundRace, path: string, file: AcceptedFile): SiteEntry
}

export interface FolderListingParts {
  readonly siteName: string
  readonly now: () => number
  readonly startedAt: number
}

/** All folders together; an entry with its rows is some hundreds of bytes. */
const CACHED_ENTRIES = 200_000
const CACHED_FOLDERS = 1_000
/** A folder of more is not put together again for each file that comes. */
const LARGE_ENTRIES = 1_000
const LARGE_STALE_MS = 50

interface Folder extends FolderListing {
  readonly version: number
  readonly release: string
  readonly rules: string
  readonly builtAt: number
  /** Facts up to here are in it. */
  readonly position: number
  /** Sorted by name. */
  readonly files: readonly SiteEntry[]
  readonly alive: ReadonlySet<SiteEntry>
  readonly markers: ReadonlyMap<string, SiteEntry>
}

export function createFolderListings(parts: FolderListingParts): FolderListings {
  const folders = new Map<string, Folder>()
  const entries = createFolderEntries(parts.siteName)
  let cachedEntries = 0

  return {
    of(race, folder, rules, position, heard = position) {
      const key = `${race.id}/${folder}`
      const known = folders.get(key)
      const rulesKey = JSON.stringify([rules.hiddenFiles, rules.purpose])
      const now = parts.now()
      const isSame = known?.rules === rulesKey && known.release === race.release
      if (known && isSame) {
        if (known.version === race.version) {
          // What is asked for is kept longest.
          folders.delete(key)
          folders.set(key, known)
          return known
        }
        const isLarge = known.listing.entries.length > LARGE_ENTRIES
        const isFresh = now - known.builtAt < LARGE_STALE_MS && known.position >= position
        if (isLarge && isFresh) return known
      }
      const building: Building = {
        race,
        folder,
        start: folder === '' ? 0 : folder.length + 1,
        begunAt: race.context.firstUploadAtMs ?? parts.startedAt,
        before: isSame ? known : undefined,
        shows: rules.hiddenFiles.length === 0 ? always : (name) => !isHidden(rules, name),
      }
      const made: Folder = {
        ...build(building, entries, parts.siteName),
        version: race.version,
        release: race.release,
        rules: rulesKey,
        builtAt: now,
        position: Math.max(position, heard),
      }
      folders.delete(key)
      folders.set(key, made)
      cachedEntries += made.listing.entries.length - (known?.listing.entries.length ?? 0)
      for (const [oldest, { listing }] of folders) {
        if (oldest === key || (cachedEntries <= CACHED_ENTRIES && folders.size <= CACHED_FOLDERS))
          break
        folders.delete(oldest)
        cachedEntries -= listing.entries.length
      }
      return made
    },
    file: (race, path, file) =>
      entries.file(path.slice(path.lastIndexOf('/') + 1), path, file, race.context),
  }
}

const always = (): boolean => true

type Built = Pick<Folder, 'listing' | 'arePlain' | 'files' | 'alive' | 'markers'>

/** One building of one folder. */
interface Building {
  readonly race: FoundRace
  readonly folder: string
  /** Of a path in the folder: where its name begins. */
  readonly start: number
  readonly begunAt: number
  readonly before: Folder | undefined
  /** Whether the section's rules leave a name in the listings. */
  readonly shows: (name: string) => boolean
}

/**
 * Entries that have not changed are taken over from the build before, so that their rows need not
 * be written again, and their order is kept: only what is new is sorted.
 */
function build(
  { race, folder, start, begunAt, before, shows }: Building,
  entries: FolderEntries,
  siteName: string,
): Built {
  const { context } = race
  const alive = new Set<SiteEntry>()
  const fresh: SiteEntry[] = []
  const newest = new Map<string, number>()
  const markers = new Map<string, SiteEntry>()
  let sizeBytes = 0

  const mark = (name: string, state: 'missing' | 'bad'): void => {
    const status = fileMarker(name, state)
    const path = pathIn(folder, status.name)
    if (Object.hasOwn(context.files, path) || Object.hasOwn(context.directories, path)) return
    const same = before?.markers.get(status.name)
    const isSame = same?.modifiedAt === begunAt
    markers.set(status.name, isSame ? same : entries.status(status, begunAt))
  }
  for (const path of Object.keys(context.files)) {
    const file = context.files[path]!
    if (start > 0 && !path.startsWith(`${folder}/`)) continue
    const slash = path.indexOf('/', start)
    if (slash >= 0) {
      const top = path.slice(start, slash)
      newest.set(top, Math.max(newest.get(top) ?? 0, file.acceptedAtMs))
      continue
    }
    const name = path.slice(start)
    if (!file.isBad) sizeBytes += file.sizeBytes
    if (!shows(name)) continue
    if (file.isBad) {
      mark(name, 'bad')
      continue
    }
    const entry = entries.file(name, path, file, context)
    alive.add(entry)
    if (!before?.alive.has(entry)) fresh.push(entry)
  }
  for (const path of Object.keys(context.expected)) {
    if (folderOf(path) !== folder || Object.hasOwn(context.files, path)) continue
    const name = path.slice(start)
    if (shows(name)) mark(name, 'missing')
  }
  const kept = before ? before.files.filter((entry) => alive.has(entry)) : []
  const files = merged(kept, fresh.toSorted(byName))
  const directories = Object.keys(context.directories)
    .filter((path) => folderOf(path) === folder)
    .map((path) => {
      const name = path.slice(start)
      return entries.directory(name, newest.get(name) ?? begunAt, entryOf(context.modes, path))
    })
  const isWhole = folder === ''
  const bar = barOf(isWhole ? wholeOf(race) : progressIn(context, folder, sizeBytes), siteName)
  const all = [
    ...(bar ? [entries.status(bar, begunAt)] : []),
    ...(isWhole ? virtualFilesOf(race, siteName) : []).map(({ name, content, names: tellsOf }) =>
      entries.status({ name, kind: 'file', tellsOf }, begunAt, content.length),
    ),
    ...[...markers.values()].toSorted(byName),
    ...merged(files, directories.toSorted(byName)),
  ]
  return { listing: listingOf(all), arePlain: !entries.hasOdd(all), files, alive, markers }
}

function pathIn(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function wholeOf({ context, isComplete }: FoundRace): Progress {
  const { expectedCount: expectedFiles, doneCount: filesDone, sizeBytes, audio } = context
  return { isComplete, expectedFiles, filesDone, sizeBytes, audio }
}

/** A disc of several: what its own sfv lists, or its zips speak of. */
function progressIn(context: Readonly<RaceContext>, folder: string, sizeBytes: number): Progress {
  const zips = entryOf(context.zips, folder)
  let expectedFiles = zips?.expectedFiles ?? 0
  let filesDone = zips ? Math.min(zips.files, zips.expectedFiles) : 0
  for (const path in context.expected) {
    if (folderOf(path) !== folder) continue
    expectedFiles++
    const file = entryOf(context.files, path)
    if (file && !file.isBad && file.crc32 === context.expected[path]) filesDone++
  }
  return {
    isComplete: filesDone === expectedFiles,
    expectedFiles,
    filesDone,
    sizeBytes,
    audio: null,
  }
}

function byName(a: SiteEntry, b: SiteEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** One sorted list of two. */
function merged(some: readonly SiteEntry[], others: readonly SiteEntry[]): readonly SiteEntry[] {
  if (others.length === 0) return some
  if (some.length === 0) return others
  const all: SiteEntry[] = []
  let at = 0
  for (const other of others) {
    while (at < some.length && some[at]!.name < other.name) all.push(some[at++]!)
    all.push(other)
  }
  while (at < some.length) all.push(some[at++]!)
  return all
}
