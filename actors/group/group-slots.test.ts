import { expect, it } from 'vitest'

import { accountActor } from '#actors/account/account.actor.ts'
import type { AccountCommand } from '#actors/account/account.commands.ts'
import { createGroupSlots } from '#actors/group/group-slots.ts'
import { groupActor } from '#actors/group/group.actor.ts'
import type { GroupCommand, GroupContext } from '#actors/group/group.commands.ts'
import { createConsumerRun } from '#test/consumer-run.ts'

const credential = '00000000-0000-4000-8000-000000000001'

it('frees the slots of who leaves the group or the site, once', async () => {
  const run = createConsumerRun([accountActor, groupActor])
  const account = (command: AccountCommand) => run.send('account', 'bob', command)
  const group = (id: string, command: GroupCommand) => run.send('group', id, command)
  const slotsOf = async (id: string) =>
    (await run.host.state<GroupContext>({ kind: 'group', id })).context.slots
  await account({ type: 'account.create', name: 'Bob', group: 'One', flags: '', credential })
  await account({ type: 'account.join-group', group: 'Two', isAdmin: false })
  for (const name of ['One', 'Two']) {
    const id = name.toLowerCase()
    await group(id, { type: 'group.create', name })
    await group(id, { type: 'group.set-limits', limits: { slots: 5, leechSlots: 5 } })
    for (const slot of ['member', 'leech'] as const) {
      await group(id, { type: 'group.take-slot', account: 'bob', slot })
    }
    await group(id, { type: 'group.take-slot', account: 'carol', slot: 'member' })
  }
  const consumer = createGroupSlots(run.host)
  await account({ type: 'account.leave-group', group: 'Two' })
  await run.settle(consumer)
  expect(await slotsOf('two')).toEqual({ member: ['carol'], leech: [], allotment: [] })
  expect((await slotsOf('one')).member).toEqual(['bob', 'carol'])
  await account({ type: 'account.delete', reason: 'gone' })
  await run.settle(consumer)
  expect(await slotsOf('one')).toEqual({ member: ['carol'], leech: [], allotment: [] })
  const head = await run.log.head()
  await run.repeat(consumer)
  expect(await run.log.head()).toBe(head)
  await run.stop()
})

it('leaves the slots of who has come back before it was heard of', async () => {
  const run = createConsumerRun([accountActor, groupActor])
  const account = (command: AccountCommand) => run.send('account', 'bob', command)
  const group = (command: GroupCommand) => run.send('group', 'one', command)
  const join = { type: 'account.join-group', group: 'One', isAdmin: false } as const
  await account({ type: 'account.create', name: 'Bob', group: 'Two', flags: '', credential })
  await group({ type: 'group.create', name: 'One' })
  await group({ type: 'group.set-limits', limits: { slots: 5 } })
  await account(join)
  await account({ type: 'account.leave-group', group: 'One' })
  await group({ type: 'group.take-slot', account: 'bob', slot: 'member' })
  await account(join)
  await account({ type: 'account.delete', reason: 'by mistake' })
  await account({ type: 'account.readd' })
  await run.settle(createGroupSlots(run.host))
  const { context } = await run.host.state<GroupContext>({ kind: 'group', id: 'one' })
  expect(context.slots.member).toEqual(['bob'])
  await run.stop()
})
