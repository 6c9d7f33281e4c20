import { assign, setup } from 'xstate'

import { type GroupContext, NEW_GROUP_LIMITS } from '#actors/group/group.commands.ts'
import { changesOf } from '#actors/kernel/changes.ts'
import type { GroupFact } from '#events/group.facts.ts'

const changes = changesOf<GroupContext, GroupFact>()

const recordChanges = changes({
  'group.described': (group, { description }) => {
    group.description = description
  },
  'group.limits-set': (group, data) => {
    group.limits = { ...group.limits, ...(data as Partial<GroupContext['limits']>) }
  },
  'group.privacy-set': (group, { isPrivate }) => {
    group.isPrivate = isPrivate
  },
  'group.slot-taken': (group, { account, slot }) => {
    group.slots[slot] = [...group.slots[slot], account]
  },
})

const slotFreed = changes({
  'group.slot-freed': (group, { account, slot }) => {
    group.slots[slot] = group.slots[slot].filter((holder) => holder !== account)
  },
})

export const groupMachine = setup({
  types: { context: {} as GroupContext, events: {} as GroupFact },
}).createMachine({
  id: 'group',
  initial: 'absent',
  context: (): GroupContext => ({
    name: '',
    description: '',
    isPrivate: false,
    limits: { ...NEW_GROUP_LIMITS },
    slots: { member: [], leech: [], allotment: [] },
  }),
  states: {
    absent: {
      on: {
        'group.created': {
          target: 'active',
          actions: assign(({ event }) => ({ name: event.data.name })),
        },
      },
    },
    active: { on: { ...recordChanges, ...slotFreed, 'group.deleted': 'deleted' } },
    deleted: { on: { ...slotFreed, 'group.readded': 'active' } },
  },
})
