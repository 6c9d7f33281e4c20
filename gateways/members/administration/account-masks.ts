import { z } from 'zod'

import { memberSubject } from '#events/seals.ts'

import {
  accountOf,
  activeAccount,
  sendAccount,
} from '#gateways/members/administration/account-actor.ts'
import { assertMaySeeAddresses } from '#gateways/members/administration/account-sessions.ts'
import { operation } from '#gateways/members/administration/operation.ts'
import { withAccount } from '#gateways/members/administration/shapes.ts'
import { isMask } from '#gateways/members/masks.ts'

const mask = z
  .string()
  .max(80)
  .refine(isMask, 'ident@address, with * and ?, or a network as 192.0.2.0/24')
  .describe('ident@address with * and ?, with ! before it to keep out')
const masks = z.array(mask).max(50)

export const listMasks = operation({
  summary: 'The addresses from which a member may come',
  params: withAccount,
  result: z.object({ masks: z.array(z.string()) }),
  action: 'see-users',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account: name }, caller) {
    const { id, account } = await accountOf(deps, name)
    await assertMaySeeAddresses(deps, id, caller)
    const opened = await Promise.all(
      Object.values(account.masks).map((each) =>
        deps.seals.unseal(memberSubject(id), 'mask', each),
      ),
    )
    return { masks: opened.filter((each) => each !== undefined).toSorted() }
  },
})

export const setMasks = operation({
  summary: 'Adds and removes addresses from which a member may come',
  params: withAccount.extend({
    add: masks.default([]),
    remove: z.array(z.string().min(1).max(80)).max(50).default([]),
  }),
  result: z.object({ count: z.number().int().describe('masks that the account has now') }),
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account: name, add, remove }, caller) {
    const { id } = await activeAccount(deps, name)
    const subject = memberSubject(id)
    for (const plain of remove) {
      const tag = await deps.seals.tag(subject, plain)
      const command = { type: 'account.remove-mask', mask: tag } as const
      await sendAccount(deps, id, command, caller.context(`remove ${tag}`))
    }
    for (const plain of add) {
      const tag = await deps.seals.tag(subject, plain)
      const sealed = await deps.seals.seal(subject, 'mask', plain)
      const command = { type: 'account.add-mask', mask: tag, sealed } as const
      await sendAccount(deps, id, command, caller.context(`add ${tag}`))
    }
    const { account } = await accountOf(deps, id)
    return { count: Object.keys(account.masks).length }
  },
})
