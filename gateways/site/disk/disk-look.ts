import type { AcceptedFile } from '#actors/race/race.commands.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import { folderOf } from '#events/release-paths.ts'
import type { SiteFileStat } from '#events/site-files.ts'

import { type FileContent, readContent, type Reading } from '#gateways/site/disk/disk-read.ts'
import { type DiskTree, walk } from '#gateways/site/disk/disk-walk.ts'
import type { FoundRace } from '#gateways/site/lookup.ts'
import { assertNameAllowed, type Naming } from '#gateways/site/releases/names.ts'
import { locationOf, type SiteParts } from '#gateways/site/parts.ts'

/**
 * `BUSY`: it is being uploaded, put in its place, or changed while it is looked at. `SKIPPED`:
 * it is not of the site.
 */
export type LookState = 'OK' | 'BAD' | 'MISSING' | 'LOST' | 'FOUND' | 'CHANGED' | 'BUSY' | 'SKIPPED'

/** What a look at the disk says of one name. */
export interface LookRow {
  readonly state: LookState
  /** Below the release; `''` is the release itself. */
  readonly path: string
  readonly sizeBytes: number | null
  readonly crc32: string | null
  readonly words?: string
}

export interface Look extends Reading {
  /** What is looked at, below the release; `''` is all of it. */
  readonly below: string
  /** Whether the bytes of all files are read, or only of those whose size or time is odd. */
  readonly readsAll: boolean
  row(row: LookRow): void
}

/** Something on the disk that is not as its race has it. */
export interface Difference {
  readonly kind: 'lost' | 'found' | 'changed' | 'touched'
  readonly file: string
  /** As the race has it. */
  readonly known?: AcceptedFile
  readonly stat?: SiteFileStat
  readonly content?: FileContent
}

export interface Differences {
  readonly files: readonly Difference[]
  readonly newDirectories: readonly string[]
  readonly lostDirectories: readonly string[]
  /** The release's own directory is not on the disk. */
  readonly isGone: boolean
}

/** FAT keeps times in steps of two seconds. */
const SLACK_MS = 2_000

/** Holds the disk against what the race knows. Nothing is locked and nothing is recorded. */
export async function compare(
  parts: SiteParts,
  race: FoundRace,
  look: Look,
): Promise<Differences | undefined> {
  const { context } = race
  const isBelow = (path: string) =>
    look.below === '' || path === look.below || path.startsWith(`${look.below}/`)
  // The context is live: what it says now is taken along.
  const files = new Map(Object.entries(context.files).filter(([path]) => isBelow(path)))
  const uploads = new Set(Object.keys(context.uploads).filter(isBelow))
  const missing = Object.keys(context.expected).filter((path) => {
    return isBelow(path) && entryOf(context.files, path) === undefined
  })
  const directories = new Set(Object.keys(context.directories).filter(isBelow))
  const location = locationOf(race, '')
  const whole = look.below === '' ? undefined : await walk(parts, location, look.below)
  const found = whole ?? (await walk(parts, location, folderOf(look.below)))
  const tree: DiskTree = found ?? {
    files: new Map(),
    directories: new Set(),
    strange: new Map(),
    isCut: false,
  }
  const { isCut } = tree
  const differences: Difference[] = []

  const isAllowed = namesOf(parts, race)
  for (const [path, words] of tree.strange) {
    if (path !== '' && !isBelow(path)) continue
    look.row({ state: 'SKIPPED', path, sizeBytes: null, crc32: null, words })
  }
  for (const path of [...new Set([...files.keys(), ...tree.files.keys()])].toSorted()) {
    if (look.isGivenUp()) return undefined
    if (!isBelow(path)) continue
    const known = files.get(path)
    const stat = tree.files.get(path)
    const row = { path, sizeBytes: stat?.sizeBytes ?? null, crc32: null }
    if (uploads.has(path)) {
      look.row({ ...row, state: 'BUSY', words: 'it is being uploaded' })
    } else if (!stat) {
      if (known && !isCut) differences.push({ kind: 'lost', file: path, known })
    } else if (known && !look.readsAll && !isOdd(stat, known)) {
      look.row({ ...row, state: known.isBad ? 'BAD' : 'OK', crc32: known.crc32 })
    } else {
      const words = known ? undefined : await refusalOf(isAllowed, path, stat)
      if (words !== undefined) look.row({ ...row, state: 'SKIPPED', words })
      else {
        const content = await readContent(parts.files, locationOf(race, path), look)
        if (look.isGivenUp()) return undefined
        const difference = content && differenceOf(path, known, stat, content)
        if (difference) differences.push(difference)
        else if (known && content) look.row(same(row, known, context.expected[path]))
      }
    }
  }
  for (const path of missing.toSorted()) {
    if (tree.files.has(path) || uploads.has(path)) continue
    look.row({ state: 'MISSING', path, sizeBytes: null, crc32: null })
  }
  const news = await newDirectories(tree, differences, isAllowed, look, (path) => {
    return isBelow(path) && !directories.has(path)
  })
  return {
    files: differences,
    newDirectories: news,
    lostDirectories: isCut
      ? []
      : [...directories].filter((path) => {
          return !tree.directories.has(path) && (path !== look.below || !whole)
        }),
    isGone: !found && look.below === '',
  }
}

function same(row: Omit<LookRow, 'state'>, known: AcceptedFile, expected?: string): LookRow {
  if (!known.isBad) return { ...row, state: 'OK', crc32: known.crc32 }
  return { ...row, state: 'BAD', crc32: known.crc32, words: `the sfv lists ${expected}` }
}

function differenceOf(
  file: string,
  known: AcceptedFile | undefined,
  stat: SiteFileStat,
  content: FileContent,
): Difference | undefined {
  if (!known) return { kind: 'found', file, stat, content }
  const isSame = known.crc32 === content.crc32 && known.sizeBytes === content.sizeBytes
  if (!isSame) return { kind: 'changed', file, known, stat, content }
  return isOddTime(stat, known) ? { kind: 'touched', file, known, stat } : undefined
}

function isOdd(stat: SiteFileStat, known: AcceptedFile): boolean {
  return stat.sizeBytes !== known.sizeBytes || isOddTime(stat, known)
}

/** Something has written to it, or has set its time, since it came. */
function isOddTime({ modifiedAt }: SiteFileStat, known: AcceptedFile): boolean {
  const { modifiedAtMs, acceptedAtMs } = known
  if (modifiedAtMs !== undefined && Math.abs(modifiedAt - modifiedAtMs) < SLACK_MS) return false
  return modifiedAt > acceptedAtMs + SLACK_MS
}

type IsAllowed = (path: string, naming: Naming) => Promise<string | undefined>

/** Why the rules of the section do not let something be called so; undefined: they do. */
function namesOf({ lookup }: SiteParts, { section, release }: FoundRace): IsAllowed {
  return async (path, naming) => {
    try {
      await assertNameAllowed(lookup, { kind: 'inside', section, release, path }, naming)
      return undefined
    } catch (cause) {
      if (cause instanceof Refusal) return cause.message
      throw cause
    }
  }
}

async function refusalOf(
  isAllowed: IsAllowed,
  path: string,
  { sizeBytes }: SiteFileStat,
): Promise<string | undefined> {
  if (sizeBytes === 0) return 'an empty file'
  for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
    const words = await isAllowed(folder, 'directory')
    if (words !== undefined) return words
  }
  return await isAllowed(path, 'file')
}

/** Those that no file that is found brings along. */
async function newDirectories(
  { directories }: DiskTree,
  differences: readonly Difference[],
  isAllowed: IsAllowed,
  look: Look,
  isNew: (path: string) => boolean,
): Promise<string[]> {
  const brought = differences.filter(({ kind }) => kind === 'found').map(({ file }) => file)
  const news: string[] = []
  // Outer ones first.
  for (const path of [...directories].filter(isNew).toSorted((a, b) => a.length - b.length)) {
    if (brought.some((file) => file.startsWith(`${path}/`))) continue
    const words = await isAllowed(path, 'directory')
    if (words === undefined) news.push(path)
    else look.row({ state: 'SKIPPED', path, sizeBytes: null, crc32: null, words })
  }
  return news
}
