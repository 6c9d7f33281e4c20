import { type GroupContext, groupId } from '#actors/group/group.commands.ts'
import { isSameGroup } from '#actors/policy/who.ts'
import { Refusal } from '#events/refusal.ts'

import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { Member } from '#gateways/kernel/login.ts'

export const GROUP_LOGIN_REFUSALS = {
  /** As many of the group's members are in as may be. Fields `group`, `limit`. */
  tooManyGroupLogins: 'too-many-group-logins',
} as const

/** glFTPd's flag 4: exempt from limits on logins. */
export const LIMITLESS_FLAG = '4'

/**
 * Throws `too-many-group-logins` when the primary group of somebody who logs in has a limit and
 * that many connections already. They are counted in the read models, which are a moment behind:
 * several who log in at once may pass together.
 */
export async function assertGroupLogins(
  { host, readModels }: Pick<GatewayDeps, 'host' | 'readModels'>,
  { group, flags }: Pick<Member, 'group' | 'flags'>,
): Promise<void> {
  if (group === '' || flags.includes(LIMITLESS_FLAG)) return
  const { context } = await host.state<GroupContext>({ kind: 'group', id: groupId(group) })
  const limit = context.limits.loginsMax
  if (limit === null) return
  const open = await readModels.connections()
  const here = open.filter((each) => each.group !== null && isSameGroup(each.group, group))
  if (here.length < limit) return
  // Race clients know it by "simultaneous".
  const words = `The group ${group} has ${here.length} simultaneous logins: ${limit} at most.`
  throw new Refusal(GROUP_LOGIN_REFUSALS.tooManyGroupLogins, words, { group, limit })
}
