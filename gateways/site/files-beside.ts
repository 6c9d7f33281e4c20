import type { SiteCaller } from '#gateways/site/caller.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import type { SitePath } from '#gateways/site/path.ts'
import { rightsOf } from '#gateways/site/rights.ts'

/** Names of the good files in the same directory as a path, without those hidden from the caller. */
export async function filesBeside(
  parts: SiteParts,
  caller: SiteCaller,
  path: SitePath,
): Promise<readonly string[]> {
  if (path.kind !== 'inside') return []
  const rights = await rightsOf(parts, caller)
  const race = await parts.lookup.race(path.section, path.release)
  const folder = folderOf(path.path)
  return Object.entries(race?.context.files ?? {})
    .filter(([file, { isBad }]) => !isBad && folderOf(file) === folder)
    .filter(([file]) => rights.sees({ ...path, path: file }))
    .map(([file]) => file.slice(folder.length))
}

/** With the slash at its end; `''` for the release itself. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}
