import { isPlain } from '#actors/policy/path-rights.ts'
import type { AcceptedFile, RaceContext } from '#actors/race/race.commands.ts'
import { entryOf } from '#events/records.ts'

import type { SiteEntry } from '#gateways/site/listings/site-entry.ts'
import type { StatusEntry } from '#gateways/site/listings/status.ts'

/** Makes the entries of releases. What has not changed gives the same entry again. */
export interface FolderEntries {
  file(name: string, path: string, file: AcceptedFile, context: Readonly<RaceContext>): SiteEntry
  directory(name: string, modifiedAt: number, mode: number | undefined): SiteEntry
  status(status: StatusEntry, modifiedAt: number, sizeBytes?: number): SiteEntry
  /** Whether one of them has a name that may be hidden though nothing about its folder is. */
  hasOdd(entries: readonly SiteEntry[]): boolean
}

export function createFolderEntries(siteName: string): FolderEntries {
  const known = new WeakMap<AcceptedFile, SiteEntry>()
  const odd = new WeakSet<SiteEntry>()
  const site = { owner: siteName, group: siteName, sizeBytes: 0 }
  const noted = (entry: SiteEntry, names: readonly string[]): SiteEntry => {
    if (!names.every(isPlain)) odd.add(entry)
    return entry
  }

  return {
    file(name, path, file, context) {
      const { sizeBytes, acceptedAtMs, modifiedAtMs: modifiedAt = acceptedAtMs } = file
      const mode = entryOf(context.modes, path)
      const who = ownersOf(file, context)
      const owner = who.owner || siteName
      const before = known.get(file)
      const isSame =
        before?.name === name &&
        before.modifiedAt === modifiedAt &&
        before.owner === owner &&
        before.mode === mode
      if (isSame) return before
      const group = who.group || siteName
      const rest = { sizeBytes, modifiedAt, owner, group, isStatus: false, ...modeOf(mode) }
      const entry = noted({ name, kind: 'file', ...rest }, [name])
      known.set(file, entry)
      return entry
    },
    directory(name, modifiedAt, mode) {
      const rest = { modifiedAt, isStatus: false, ...modeOf(mode) }
      return noted({ ...site, name, kind: 'directory', ...rest }, [name])
    },
    status(status, modifiedAt, sizeBytes = 0) {
      const { about, tellsOf = [] } = status
      const names = [about ?? [], tellsOf.flatMap((path) => path.split('/'))].flat()
      return noted({ ...site, ...status, sizeBytes, isStatus: true, modifiedAt }, names)
    },
    hasOdd: (entries) => entries.some((entry) => odd.has(entry)),
  }
}

/** The group that has published a release stands for those who brought it before. */
function ownersOf(
  { member, group, acceptedAtMs }: AcceptedFile,
  { published }: Readonly<RaceContext>,
): { readonly owner: string; readonly group: string } {
  if (!published || acceptedAtMs > published.atMs) return { owner: member, group }
  return { owner: published.group, group: published.group }
}

const modeOf = (mode: number | undefined) => (mode === undefined ? {} : { mode })
