import { z } from 'zod'

import { type AccountContext, accountId, memberName } from '#actors/account/account.commands.ts'
import { checkPassword } from '#events/password-rules.ts'

import { applySettings } from '#gateways/members/administration/account-record.ts'
import { freeSlot, groupToJoin } from '#gateways/members/administration/group-slots.ts'
import { assertGivesNoMore } from '#gateways/members/administration/no-more-than-oneself.ts'
import { makeAccount } from '#gateways/members/administration/make-account.ts'
import {
  type AdministrationDeps,
  type Caller,
  operation,
  refuse,
} from '#gateways/members/administration/operation.ts'
import { renderAccount } from '#gateways/members/administration/render-account.ts'
import {
  accountShape,
  flagsParam,
  groupParam,
  passwordParam,
  personalParams,
  roleParam,
} from '#gateways/members/administration/shapes.ts'

const params = z.object({
  name: memberName,
  password: passwordParam.describe('8 characters or more, and not a common one'),
  group: groupParam,
  flags: flagsParam.default(''),
  role: roleParam.default('user'),
  ...personalParams,
})
type Params = z.output<typeof params>

const targetOfNew = ({ group, flags, role }: Params) => ({ groups: [group], flags, role })

export const addAccount = operation({
  summary: 'Makes an account',
  params,
  result: accountShape,
  action: 'administer-accounts',
  // Nobody makes a member who stands above themselves.
  target: targetOfNew,
  async run(deps, asked, caller) {
    const { name, password } = asked
    checkPassword(password, name)
    const isByAdmin = await isByGroupAdmin(deps, asked, caller)
    const id = accountId(name)
    const { flags, role } = asked
    const groups = { [asked.group]: { isAdmin: false } }
    await assertGivesNoMore(deps, caller, id, { name, flags, role, groups })
    const { group, slot } = await groupToJoin(deps, { ...asked, account: id, isByAdmin }, caller)
    try {
      await makeAccount(deps, { ...asked, group }, caller.context('create'))
    } catch (cause) {
      if (slot && !(await isIn(deps, id, group))) await freeSlot(deps, slot, caller)
      throw cause
    }
    const { email, real_name } = asked
    await applySettings(deps, id, { email, real_name }, caller)
    return await renderAccount(deps, id, caller)
  },
})

/** Those give their members neither flags nor a role. */
async function isByGroupAdmin(
  { policy }: AdministrationDeps,
  asked: Params,
  { member }: Caller,
): Promise<boolean> {
  if (!member) return false
  const target = targetOfNew(asked)
  const { reason } = await policy.assert(member, { action: 'administer-accounts', target })
  if (reason !== 'group-admin') return false
  if ((asked.flags === '' || asked.flags === '3') && asked.role === 'user') return true
  throw refuse('The admins of a group give neither flags nor a role.', 'group-admin')
}

async function isIn({ host }: AdministrationDeps, id: string, group: string): Promise<boolean> {
  const { context } = await host.state<AccountContext>({ kind: 'account', id })
  return Object.hasOwn(context.groups, group)
}
