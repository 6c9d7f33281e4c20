import type { PathRight } from '#actors/policy/actions.ts'
import { isPlain } from '#actors/policy/path-rights.ts'
import { LOG_START } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import { createFolderListings, type FolderListing } from '#gateways/site/listings/listing-folder.ts'
import { createSectionListings } from '#gateways/site/listings/listing-section.ts'
import { noSuchPath } from '#gateways/site/lookup.ts'
import { messageLines } from '#gateways/site/listings/messages.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { formatPath, parentOf, partsOf, type SitePath } from '#gateways/site/path.ts'
import { createPositionWait } from '#gateways/site/listings/position-wait.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import { rightsOf, type SiteRights } from '#gateways/site/rights.ts'
import { type Listing, listingOf, type SiteEntry } from '#gateways/site/listings/site-entry.ts'
import {
  BAD,
  isStatusName,
  MESSAGE_FILE,
  MISSING,
  releaseOfMarker,
} from '#gateways/site/listings/status.ts'
import { dizLines, raceLines, virtualFilesOf } from '#gateways/site/listings/virtual-files.ts'

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
   * A directory's entries, without those that are hidden from the caller. The answer reflects the
   * facts up to `position`, where a client's own last change lies, and those of others that have
   * been heard of. Rejects with `not-a-directory`.
   */
  list(caller: SiteCaller, path: SitePath, position: number): Promise<Listing>
  /** The same, or the one entry of what is no directory. A link is followed. */
  look(caller: SiteCaller, path: SitePath, position: number): Promise<Listing | SiteEntry>
  /** Where a path leads whose release is named by a marker that links to it; else the path. */
  followed(caller: SiteCaller, path: SitePath): Promise<SitePath>
  /** What is said to who enters a directory, line by line. */
  welcome(caller: SiteCaller, path: SitePath): Promise<readonly string[]>
  /** A text of the operator by its name, line by line; none where there is none. */
  text(caller: SiteCaller, name: string): Promise<readonly string[]>
  /** The bytes of a file that is made up of what is known; undefined for every other path. */
  virtualFile(caller: SiteCaller, path: SitePath): Promise<Buffer | undefined>
  /** Of files that uploads are under way for: whether the caller may know of each. */
  seesUploads(caller: SiteCaller, uploads: readonly UploadOfRace[]): Promise<readonly boolean[]>
  /** Begins to hear of changes; before that a section's listing may be of before them. */
  hearChanges(): Promise<void>
}

/** How long a client waits at most to see its own writes in a section. */
const REACHED_WITHIN_MS = 2_000
const TO_READ = ['list', 'download'] as const

export function createSiteListings(parts: SiteParts): SiteListings {
  const { lookup, clock, siteName, messages } = parts
  const startedAt = clock.now()
  const news = createPositionWait(clock)
  const folders = createFolderListings({ siteName, startedAt, now: () => clock.now() })
  const sections = createSectionListings({ ...parts, startedAt, heard: () => news.position })
  const site = { owner: siteName, group: siteName, sizeBytes: 0 }
  const directory = (name: string): SiteEntry => {
    return { ...site, name, kind: 'directory', modifiedAt: startedAt, isStatus: false }
  }
  const greeted = new WeakMap<Listing, { readonly text: string; readonly listing: Listing }>()

  /** With the operator's text in it, where there is one. */
  async function greeting(section: string, whole: FolderListing): Promise<FolderListing> {
    const text = (await messageLines(messages, { siteName, section })).join('\r\n')
    if (text === '') return whole
    const known = greeted.get(whole.listing)
    if (known?.text === text) return { ...whole, listing: known.listing }
    const sizeBytes = Buffer.byteLength(text) + 2
    const message = { ...directory(MESSAGE_FILE), kind: 'file', sizeBytes, isStatus: true } as const
    const listing = listingOf([message, ...whole.listing.entries])
    greeted.set(whole.listing, { text, listing })
    return { ...whole, listing }
  }

  /** The entries as they are, whoever looks at them; undefined for what is not there, or a file. */
  async function whole(path: SitePath, position: number): Promise<FolderListing | undefined> {
    const node = await lookup.node(path)
    switch (node.kind) {
      case 'root': {
        const names = Object.keys(await lookup.sections()).toSorted()
        const listing = listingOf(names.map((name) => directory(name)))
        return await greeting('root', { listing, arePlain: names.every(isPlain) })
      }
      case 'section': {
        const rules = await lookup.rules(node.section)
        if (position > LOG_START) await news.reached(position, REACHED_WITHIN_MS)
        return await greeting(node.section, await sections.of(node.section, rules, position))
      }
      case 'release':
      case 'directory': {
        const rules = await lookup.rules(node.race.section)
        // What has been heard of before is in the answer; later facts may come ahead of it.
        const heard = news.position
        // The context is live: it is asked for again, and nothing is awaited from there on.
        const { section, release, maker } = node.race
        const race = { ...(await lookup.raceById(node.race.id)), section, release, maker }
        return folders.of(race, node.kind === 'release' ? '' : node.path, rules, position, heard)
      }
      case 'file':
      case 'absent':
        return undefined
    }
  }

  function seenBy(rights: SiteRights, path: SitePath, { listing, arePlain }: FolderListing) {
    if (arePlain && rights.seesAllPlain(path)) return listing
    const entries = rights.seenOf(path, listing.entries)
    return entries.length === listing.entries.length ? listing : listingOf(entries)
  }

  async function find(path: SitePath, rights: SiteRights): Promise<SiteEntry> {
    const node = await lookup.node(path)
    const name = partsOf(path).at(-1) ?? '/'
    if (node.kind === 'file') return folders.file(node.race, node.path, node.file)
    if (node.kind !== 'absent') return directory(name)
    const mayBeStatus =
      isStatusName(name, siteName) || STATUS_ENDS.some((end) => name.endsWith(end))
    const folder = parentOf(path)
    const listed = mayBeStatus ? await whole(folder, LOG_START) : undefined
    const entries = listed ? seenBy(rights, folder, listed).entries : []
    const entry = entries.find((each) => each.isStatus && each.name === name)
    if (entry) return entry
    throw noSuchPath(formatPath(path))
  }

  async function look(rights: SiteRights, path: SitePath, position: number) {
    rights.assert('list', path)
    const found = await whole(path, position)
    if (found) return seenBy(rights, path, found)
    const entry = await find(path, rights)
    // The bar is a directory, so that a client that mirrors a release can enter it.
    return entry.kind === 'directory' ? listingOf([]) : entry
  }

  async function followed(rights: SiteRights, path: SitePath): Promise<SitePath> {
    if (path.kind !== 'release' && path.kind !== 'inside') return path
    if (releaseOfMarker(path.release) === undefined) return path
    const { section, release } = path
    const marker: SitePath = { kind: 'release', section, release }
    if ((await lookup.node(marker)).kind !== 'absent') return path
    const listed = await whole(parentOf(marker), LOG_START)
    const entries = listed ? seenBy(rights, parentOf(marker), listed).entries : []
    const link = entries.find((each) => each.isStatus && each.name === release)
    return link?.target === undefined ? path : { ...path, release: link.target }
  }

  return {
    async stat(caller, path, wanted = ['list']) {
      const rights = await rightsOf(parts, caller)
      rights.assert(wanted, path)
      return await find(path, rights)
    },
    async list(caller, path, position) {
      const rights = await rightsOf(parts, caller)
      const found = await look(rights, await followed(rights, path), position)
      if ('entries' in found) return found
      if (found.isStatus) throw new Refusal(SITE_REFUSALS.statusEntry, 'That is a status entry.')
      throw new Refusal(SITE_REFUSALS.notADirectory, `${formatPath(path)} is no directory.`)
    },
    async look(caller, path, position) {
      const rights = await rightsOf(parts, caller)
      return await look(rights, await followed(rights, path), position)
    },
    async followed(caller, path) {
      if (path.kind === 'root' || path.kind === 'section') return path
      if (releaseOfMarker(path.release) === undefined) return path
      return await followed(await rightsOf(parts, caller), path)
    },
    async welcome(caller, path) {
      if (path.kind === 'inside') return []
      const rights = await rightsOf(parts, caller)
      if (!rights.allows('list', path)) return []
      if (path.kind !== 'release') {
        const section = path.kind === 'root' ? 'root' : path.section
        return await messageLines(messages, { siteName, section }, caller)
      }
      const race = await lookup.race(path.section, path.release)
      return race ? [...raceLines(race, siteName), ...dizLines(race)] : []
    },
    text: (caller, name) => messageLines(messages, { siteName, section: name }, caller),
    async virtualFile(caller, path) {
      const name = partsOf(path).at(-1) ?? ''
      if (name !== MESSAGE_FILE && !name.endsWith(PLAYLIST)) return undefined
      const rights = await rightsOf(parts, caller)
      if (!TO_READ.some((right) => rights.allows(right, path))) return undefined
      if ((await lookup.node(path)).kind !== 'absent') return undefined
      const folder = parentOf(path)
      if (folder.kind === 'release') {
        const race = await lookup.race(folder.section, folder.release)
        const made = race && virtualFilesOf(race, siteName).find((each) => each.name === name)
        const isSeen = made?.names.every((each) => {
          return rights.sees({ ...folder, kind: 'inside', path: each })
        })
        return isSeen ? made?.content : undefined
      }
      if (name !== MESSAGE_FILE || folder.kind === 'inside') return undefined
      const section = folder.kind === 'root' ? 'root' : folder.section
      if ((await lookup.node(folder)).kind === 'absent') return undefined
      const lines = await messageLines(messages, { siteName, section })
      return lines.length === 0 ? undefined : Buffer.from(`${lines.join('\r\n')}\r\n`)
    },
    async seesUploads(caller, uploads) {
      const rights = await rightsOf(parts, caller)
      const races = await Promise.all(uploads.map(({ race }) => lookup.raceById(race)))
      return races.map(({ section, release }, index) => {
        return rights.sees({ kind: 'inside', section, release, path: uploads[index]!.file })
      })
    },
    async hearChanges() {
      // All facts: a client's own last one may be of any kind.
      await parts.bus.subscribe({}, (fact) => {
        sections.hear(fact)
        news.heard(fact.position)
      })
      news.begin()
    },
  }
}

const PLAYLIST = '.m3u'
/** Of names that may be status entries, and files as well. */
const STATUS_ENDS = [MISSING, BAD, PLAYLIST]
