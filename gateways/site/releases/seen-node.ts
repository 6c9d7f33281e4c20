import type { PathRight } from '#actors/policy/actions.ts'
import { Refusal } from '#events/refusal.ts'

import { type FoundRace, noSuchPath, type SiteNode } from '#gateways/site/lookup.ts'
import type { SiteParts } from '#gateways/site/parts.ts'
import { formatPath, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import type { SiteRights } from '#gateways/site/rights.ts'

/**
 * What is at a path, for who has the right there. What is hidden and what is absent are refused in
 * the same words, whether or not the caller has the right elsewhere.
 */
export async function seenNode(
  { lookup }: Pick<SiteParts, 'lookup'>,
  rights: SiteRights,
  right: PathRight,
  path: SitePath,
): Promise<Exclude<SiteNode, { kind: 'absent' }>> {
  const node = await lookup.node(path)
  if (node.kind === 'absent' || !rights.sees(path)) throw noSuchPath(formatPath(path))
  rights.assert(right, path)
  return node
}

/** The same for a release. */
export async function seenRelease(
  parts: Pick<SiteParts, 'lookup'>,
  rights: SiteRights,
  right: PathRight,
  path: SitePath,
): Promise<FoundRace> {
  const node = await seenNode(parts, rights, right, path)
  if (node.kind === 'release') return node.race
  throw new Refusal(SITE_REFUSALS.notARelease, `${formatPath(path)} is no release.`)
}
