import { isSameGroup } from '#actors/policy/who.ts'
import { checkPassword } from '#events/password-rules.ts'

import {
  actingGroup,
  activeAccount,
  type KnownAccount,
  sendAccount,
} from '#gateways/members/administration/account-actor.ts'
import { withCredential } from '#gateways/members/administration/account-secrets.ts'
import { endEverything } from '#gateways/members/administration/account-sessions.ts'
import { assertFresh } from '#gateways/members/administration/fresh-password.ts'
import { assertMayDoNoMore } from '#gateways/members/administration/no-more-than-oneself.ts'
import {
  type AdministrationDeps,
  assertOwner,
  type Caller,
  operation,
  refuse,
} from '#gateways/members/administration/operation.ts'
import { doneShape, passwordParam, withAccount } from '#gateways/members/administration/shapes.ts'

export const setPassword = operation({
  summary: 'Sets a password and ends all sessions',
  params: withAccount.extend({
    password: passwordParam.describe('8 characters or more, and not a common one'),
    current: passwordParam.optional().describe('the present one: needed for the own account'),
  }),
  result: doneShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account: name, password, current = '' }, caller) {
    const known = await activeAccount(deps, name)
    const { id, account } = known
    checkPassword(password, account.name)
    if (caller.member?.id === id) {
      await assertOwner(deps.policy, caller.member)
      await assertFresh(deps, known, { password: current }, caller)
    } else await assertMayBe(deps, known, caller)
    await withCredential(deps, id, password, (credential) =>
      sendAccount(deps, id, { type: 'account.set-password', credential }, caller.context()),
    )
    await endEverything(deps, id, 'password-changed', caller)
    return { account: id }
  },
})

/**
 * Whoever sets the password of another can be that member: they may do nothing that the one who
 * sets it may not.
 */
export async function assertMayBe(
  deps: AdministrationDeps,
  known: KnownAccount,
  caller: Caller,
): Promise<void> {
  await assertIsOurs(deps, known, caller)
  await assertMayDoNoMore(deps, caller, known.id)
}

/**
 * What ends an account, or lets its admin be its member, the admin of a group does to those alone
 * who are in no other group than the admin is, and admins of none of which the admin is not.
 */
export async function assertIsOurs(
  deps: AdministrationDeps,
  { id, account }: KnownAccount,
  caller: Caller,
): Promise<void> {
  if ((await actingGroup(deps, caller, id)) === undefined) return
  const { groups = [], adminOf = [] } = caller.member ?? {}
  const isWithin = Object.entries(account.groups).every(([group, { isAdmin }]) =>
    (isAdmin ? adminOf : groups).some((each) => isSameGroup(each, group)),
  )
  if (!isWithin) throw refuse('That member is not of the group alone.', 'target-outranks')
}
