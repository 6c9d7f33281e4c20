import { z } from 'zod'

import { isSameGroup } from '#actors/policy/who.ts'

import {
  actingGroup,
  activeAccount,
  assertNotAsGroupAdmin,
  sendAccount,
} from '#gateways/members/administration/account-actor.ts'
import { freeSlot, groupToJoin } from '#gateways/members/administration/group-slots.ts'
import { assertGivesNoMore } from '#gateways/members/administration/no-more-than-oneself.ts'
import { operation, refuse } from '#gateways/members/administration/operation.ts'
import { renderAccount } from '#gateways/members/administration/render-account.ts'
import { accountShape, groupParam, withAccount } from '#gateways/members/administration/shapes.ts'

const params = withAccount.extend({ group: groupParam })

/**
 * The admins of a group let no member of another one in: for that they would have to be an admin
 * of the other group too, which the check that operations share has asked.
 */
export const joinGroup = operation({
  summary: 'Takes an account into a group',
  params: params.extend({ is_admin: z.boolean().default(false) }),
  result: accountShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account: name, group: wished, is_admin: isAdmin }, caller) {
    const { id, account } = await activeAccount(deps, name)
    const groups = { ...account.groups, [wished]: { isAdmin } }
    await assertGivesNoMore(deps, caller, id, { groups })
    const isByAdmin = (await actingGroup(deps, caller, id)) !== undefined
    if (isByAdmin && isAdmin) throw refuse('Admins of a group make no others.', 'group-admin')
    const { group, slot } = await groupToJoin(
      deps,
      { account: id, group: wished, isByAdmin },
      caller,
    )
    try {
      const command = { type: 'account.join-group', group, isAdmin } as const
      await sendAccount(deps, id, command, caller.context('join'))
    } catch (cause) {
      if (slot) await freeSlot(deps, slot, caller)
      throw cause
    }
    return await renderAccount(deps, id, caller)
  },
})

export const leaveGroup = operation({
  summary: 'Takes an account out of a group',
  params,
  result: accountShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account: name, group }, caller) {
    const { id } = await activeAccount(deps, name)
    const own = caller.member?.adminOf.some((each) => isSameGroup(each, group)) ?? false
    if (!own) await assertNotAsGroupAdmin(deps, caller, id)
    await sendAccount(deps, id, { type: 'account.leave-group', group }, caller.context('leave'))
    // What is left of the slot, the slots' own consumer frees.
    return await renderAccount(deps, id, caller)
  },
})

export const setGroupAdmin = operation({
  summary: 'Makes a member an admin of a group, or no longer one',
  params: params.extend({ is_admin: z.boolean() }),
  result: accountShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account: name, group, is_admin: isAdmin }, caller) {
    const { id } = await activeAccount(deps, name)
    await assertNotAsGroupAdmin(deps, caller, id)
    const command = { type: 'account.set-group-admin', group, isAdmin } as const
    await sendAccount(deps, id, command, caller.context())
    return await renderAccount(deps, id, caller)
  },
})
