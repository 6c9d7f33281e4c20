import { folderOf, lastOf } from '#events/release-paths.ts'

import type { SiteCaller } from '#gateways/site/caller.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import type { SitePath } from '#gateways/site/path.ts'
import { rightsOf } from '#gateways/site/rights.ts'

/**
 * Names of the good files in the same directory as a path, and of those that are being uploaded,
 * without those hidden from the caller.
 */
export async function filesBeside(
  parts: SiteParts,
  caller: SiteCaller,
  path: SitePath,
): Promise<readonly string[]> {
  if (path.kind !== 'inside') return []
  const rights = await rightsOf(parts, caller)
  const race = await parts.lookup.race(path.section, path.release)
  const folder = folderOf(path.path)
  if (!race) return []
  const { files, uploads } = race.context
  const good = Object.keys(files).filter((file) => !files[file]!.isBad)
  return [...new Set([...good, ...Object.keys(uploads)])]
    .filter((file) => folderOf(file) === folder && rights.sees({ ...path, path: file }))
    .map(lastOf)
}
