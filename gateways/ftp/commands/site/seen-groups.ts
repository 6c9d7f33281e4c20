import { type GroupContext, groupId } from '#actors/group/group.commands.ts'
import { isSameGroup } from '#actors/policy/who.ts'

import type { SiteCall } from '#gateways/ftp/commands/site/site-command.ts'

/** Those of the groups that the member may know of: a private one is there for its own alone. */
export async function seenGroups(
  { session, member, may }: SiteCall,
  names: readonly (string | null)[],
): Promise<ReadonlySet<string>> {
  const isSeen = async (name: string): Promise<boolean> => {
    const ref = { kind: 'group', id: groupId(name) }
    const { context } = await session.host.state<GroupContext>(ref)
    if (!context.isPrivate || member.groups.some((own) => isSameGroup(own, name))) return true
    return await may({ action: 'administer-groups', group: name })
  }
  const distinct = [...new Set(names.filter((name) => name !== null))]
  const seen = await Promise.all(distinct.map(isSeen))
  return new Set(distinct.filter((_, index) => seen[index]))
}

/** The rows with the groups that the member may not know of taken out. */
export async function withSeenGroups<T extends { readonly group: string | null }>(
  call: SiteCall,
  rows: readonly T[],
): Promise<(Omit<T, 'group'> & { readonly group: string | null })[]> {
  const seen = await seenGroups(
    call,
    rows.map(({ group }) => group),
  )
  return rows.map((row) => ({
    ...row,
    group: row.group !== null && seen.has(row.group) ? row.group : null,
  }))
}
