import { z } from 'zod'

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
import {
  type AdministrationDeps,
  type Caller,
  operation,
  refuse,
} from '#gateways/members/administration/operation.ts'
import { accountParam, doneShape, passwordParam } from '#gateways/members/administration/shapes.ts'

export const setPassword = operation({
  summary: 'Sets a password and ends all sessions',
  params: z.object({
    account: accountParam,
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
    if (caller.member?.id === id) await assertFresh(deps, known, { password: current }, caller)
    else await assertMayBe(deps, known, caller)
    await withCredential(deps, id, password, (credential) =>
      sendAccount(deps, id, { type: 'account.set-password', credential }, caller.context()),
    )
    await endEverything(deps, id, 'password-changed', caller)
    return { account: id }
  },
})

/**
 * Whoever sets the password of another can be that member. The admin of a group may do that to
 * those alone who are in no other group than the admin is.
 */
export async function assertMayBe(
  deps: AdministrationDeps,
  { id, account }: KnownAccount,
  caller: Caller,
): Promise<void> {
  if ((await actingGroup(deps, caller, id)) === undefined) return
  const own = caller.member?.groups ?? []
  const isWithin = Object.keys(account.groups).every((group) =>
    own.some((each) => each.toLowerCase() === group.toLowerCase()),
  )
  if (!isWithin) throw refuse('That member is in other groups too.', 'target-outranks')
}
