import { assign, setup } from 'xstate'

import type { RoomContext } from '#actors/room/room.commands.ts'
import { entryOf } from '#events/records.ts'
import type { RoomFact } from '#events/room.facts.ts'

export const roomMachine = setup({
  types: { context: {} as RoomContext, events: {} as RoomFact },
  // XState's `can` takes a transition without target and action for none.
  actions: { note: assign({}) },
}).createMachine({
  id: 'room',
  initial: 'absent',
  context: () => ({ name: '', topic: '', topicBy: '', topicAtMs: 0, members: {} }),
  states: {
    absent: {
      on: {
        'room.created': {
          target: 'open',
          actions: assign(({ event }) => ({ name: event.data.name })),
        },
      },
    },
    open: {
      on: {
        'room.joined': {
          actions: assign(({ context, event }) => {
            const { member } = event.data
            const here = entryOf(context.members, member) ?? []
            context.members[member] = [...here, event.meta.connection ?? '']
            return { members: context.members }
          }),
        },
        'room.left': {
          actions: assign(({ context, event }) => {
            const { member } = event.data
            const left = (entryOf(context.members, member) ?? []).filter(
              (connection) => connection !== event.meta.connection,
            )
            if (left.length > 0) context.members[member] = left
            else delete context.members[member]
            return { members: context.members }
          }),
        },
        'room.message-posted': { actions: 'note' },
        'room.announced': { actions: 'note' },
        'room.topic-set': {
          actions: assign(({ event }) => ({
            topic: event.data.topic,
            topicBy: event.meta.by ?? '',
            topicAtMs: event.meta.at,
          })),
        },
      },
    },
  },
})
