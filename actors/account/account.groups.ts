import { ACCOUNT_REFUSALS, type AccountContext } from '#actors/account/account.commands.ts'
import { type AccountDecisions, assertRoom } from '#actors/account/account.decisions.ts'
import { groupId } from '#actors/group/group.commands.ts'
import type { AccountDecided } from '#events/account.facts.ts'
import { Refusal } from '#events/refusal.ts'

type GroupCommand =
  | 'account.join-group'
  | 'account.leave-group'
  | 'account.set-group-admin'
  | 'account.set-primary-group'

/** In which groups a member is. Names that differ in case alone are one group. */
export const groupDecisions: AccountDecisions<GroupCommand> = {
  'account.join-group': (account, { group, isAdmin }) => {
    const joined = nameOf(account, group)
    if (joined !== undefined) return setAdmin(account, joined, isAdmin)
    assertRoom('groups', account.groups)
    return [{ type: 'account.group-joined', data: { group, isAdmin } }]
  },
  'account.leave-group': (account, command) => {
    const group = joinedName(account, command.group)
    const next = account.groupOrder.find((name) => name !== group)
    if (next === undefined) {
      throw new Refusal(ACCOUNT_REFUSALS.lastGroup, 'Nobody is without a group.')
    }
    const left: AccountDecided = { type: 'account.group-left', data: { group } }
    if (group !== account.group) return [left]
    return [left, { type: 'account.primary-group-set', data: { group: next } }]
  },
  'account.set-group-admin': (account, { group, isAdmin }) =>
    setAdmin(account, joinedName(account, group), isAdmin),
  'account.set-primary-group': (account, command) => {
    const group = joinedName(account, command.group)
    if (group === account.group) return []
    return [{ type: 'account.primary-group-set', data: { group } }]
  },
}

function setAdmin(
  account: Readonly<AccountContext>,
  group: string,
  isAdmin: boolean,
): AccountDecided[] {
  if (account.groups[group]!.isAdmin === isAdmin) return []
  return [{ type: 'account.group-admin-set', data: { group, isAdmin } }]
}

/** A group's name as it was given when the member joined. */
function nameOf({ groupOrder }: Readonly<AccountContext>, group: string): string | undefined {
  return groupOrder.find((name) => groupId(name) === groupId(group))
}

function joinedName(account: Readonly<AccountContext>, group: string): string {
  const name = nameOf(account, group)
  if (name !== undefined) return name
  const words = `${account.name} is not in ${group}.`
  throw new Refusal(ACCOUNT_REFUSALS.notInGroup, words, { group })
}
