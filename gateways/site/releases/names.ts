import {
  assertDirectoryName,
  assertFetchable,
  assertFileName,
  assertReleaseName,
} from '#actors/site/section-names.ts'

import type { SiteLookup } from '#gateways/site/lookup.ts'
import { partsOf, type SitePath } from '#gateways/site/path.ts'

/** What a name is to be given to, or a file that is to be fetched. */
export type Naming = 'directory' | 'file' | 'fetched'

/**
 * Rejects with one of `NAME_REFUSALS` when the rules of its section do not let the last name of
 * a path be given, or the file be fetched. Ask it after the rights: a hidden section has no rules.
 */
export async function assertNameAllowed(
  lookup: Pick<SiteLookup, 'rules'>,
  path: SitePath,
  naming: Naming,
): Promise<void> {
  if (path.kind === 'root' || path.kind === 'section') return
  const rules = await lookup.rules(path.section)
  if (path.kind === 'release') return assertReleaseName(rules, path.release)
  const name = partsOf(path).at(-1)!
  if (naming === 'fetched') return assertFetchable(rules, name)
  if (naming === 'file') return assertFileName(rules, name)
  assertDirectoryName(rules, name)
}
