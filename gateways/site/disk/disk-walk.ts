import { Refusal } from '#events/refusal.ts'
import type { SiteFiles, SiteFileStat, SiteLocation } from '#events/site-files.ts'

import { formatPath, parsePath, ROOT, SITE_LIMITS } from '#gateways/site/path.ts'
import { isStatusName } from '#gateways/site/listings/status.ts'

/** What lies below a directory of a release. Paths are below the release. */
export interface DiskTree {
  readonly files: Map<string, SiteFileStat>
  readonly directories: Set<string>
  /** What is not of the site, with why: links, pipes, names that no file may have. */
  readonly strange: Map<string, string>
  /** There is more than is looked at. */
  readonly isCut: boolean
}

/** More than a release may have; what lies beyond is not looked at. */
export const WALK_ENTRIES = 20_000

/** Undefined where there is no such directory. No link is followed. */
export async function walk(
  { files, siteName }: { readonly files: SiteFiles; readonly siteName: string },
  release: SiteLocation,
  folder: string,
): Promise<DiskTree | undefined> {
  const tree = {
    files: new Map<string, SiteFileStat>(),
    directories: new Set<string>(),
    strange: new Map<string, string>(),
    isCut: false,
  }
  const waiting = [folder]
  let isThere = false
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const found = await files.list(at === '' ? release : [...release, ...at.split('/')])
    if (found && at === folder) isThere = true
    for (const { name, kind, sizeBytes, modifiedAt } of found ?? []) {
      const path = at === '' ? name : `${at}/${name}`
      const why = strangeness(kind, name, siteName)
      if (why === UNNAMABLE) tree.strange.set(at, `it holds ${UNNAMABLE}`)
      else if (why !== undefined) tree.strange.set(path, why)
      else if (kind === 'file') tree.files.set(path, { sizeBytes, modifiedAt })
      else if (path.split('/').length >= SITE_LIMITS.depth) tree.strange.set(path, 'too deep')
      else {
        tree.directories.add(path)
        waiting.push(path)
      }
      const count = tree.files.size + tree.directories.size + tree.strange.size
      if (count < WALK_ENTRIES) continue
      tree.strange.set('', `it holds more than ${WALK_ENTRIES} entries`)
      return { ...tree, isCut: true }
    }
  }
  return isThere ? tree : undefined
}

/** It is told of the directory that holds it: what cannot be named cannot be hidden by its name. */
export const UNNAMABLE = 'a name that nothing on the site may have'

type Kind = 'file' | 'directory' | 'link' | 'other'

/** Why something on the disk is not of the site. */
export function strangeness(kind: Kind, name: string, siteName: string): string | undefined {
  if (kind === 'link') return 'a symbolic link, which is not followed'
  if (kind === 'other') return 'no file or directory'
  if (isStatusName(name, siteName)) return 'the name of a status entry'
  return isNameOfSite(name) ? undefined : UNNAMABLE
}

/** Whether clients could name it: in the one form of Unicode, without what no name may have. */
function isNameOfSite(name: string): boolean {
  try {
    return formatPath(parsePath(ROOT, `/${name}`)) === `/${name}`
  } catch (cause) {
    if (cause instanceof Refusal) return false
    throw cause
  }
}
