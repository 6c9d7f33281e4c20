import { assign, setup } from 'xstate'

import type { ConnectionContext } from '#actors/connection/connection.commands.ts'
import type { ConnectionFact } from '#events/connection.facts.ts'

export const connectionMachine = setup({
  types: { context: {} as ConnectionContext, events: {} as ConnectionFact },
  // XState's `can` takes a transition without target and action for none.
  actions: { note: assign({}) },
}).createMachine({
  id: 'connection',
  initial: 'absent',
  context: () => ({ gateway: '', openedAtMs: 0, account: '', isSecured: false }),
  states: {
    absent: {
      on: {
        'connection.opened': {
          target: 'anonymous',
          actions: assign(({ event }) => ({
            gateway: event.data.gateway,
            openedAtMs: event.meta.at,
          })),
        },
      },
    },
    anonymous: {
      on: {
        'connection.secured': { actions: assign({ isSecured: true }) },
        'connection.authenticated': {
          target: 'authenticated',
          actions: assign(({ event }) => ({ account: event.data.account })),
        },
        'connection.closed': 'closed',
      },
    },
    authenticated: {
      on: {
        'connection.secured': { actions: assign({ isSecured: true }) },
        'connection.file-sent': { actions: 'note' },
        'connection.closed': 'closed',
      },
    },
    closed: {},
  },
})
