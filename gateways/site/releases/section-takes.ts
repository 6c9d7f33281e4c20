import type { SiteCaller } from '#gateways/site/caller.ts'
import { assertSpace } from '#gateways/site/transfers/free-space.ts'
import { assertNameAllowed } from '#gateways/site/releases/names.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import type { SitePath } from '#gateways/site/path.ts'

/**
 * Whether a file may begin to come, by the rules of its section: its name, that no other release
 * had it, and that there is room. Rejects with a refusal of these. Ask it after the rights.
 */
export async function assertSectionTakes(
  parts: SiteParts,
  caller: SiteCaller,
  path: Extract<SitePath, { kind: 'inside' }>,
  race: string,
): Promise<void> {
  await assertNameAllowed(parts.lookup, path, 'file')
  await parts.dupes.assertNewFile(caller, path, race)
  await assertSpace(parts, await parts.lookup.rules(path.section))
}
