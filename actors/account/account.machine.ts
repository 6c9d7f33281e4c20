import { assign, setup } from 'xstate'

import type { AccountContext } from '#actors/account/account.commands.ts'
import type { AccountFact } from '#events/account.facts.ts'

export const accountMachine = setup({
  types: { context: {} as AccountContext, events: {} as AccountFact },
}).createMachine({
  id: 'account',
  initial: 'absent',
  context: () => ({ name: '', group: '', flags: '', credential: '' }),
  states: {
    absent: {
      on: {
        'account.created': {
          target: 'active',
          actions: assign(({ event }) => ({
            name: event.data.name,
            group: event.data.group,
            flags: event.data.flags,
          })),
        },
      },
    },
    active: {
      on: {
        'account.password-set': {
          actions: assign(({ event }) => ({ credential: event.data.credential })),
        },
      },
    },
  },
})
