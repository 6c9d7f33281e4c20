import { assign, setup } from 'xstate'

import type { SigningContext } from '#actors/signing/signing.commands.ts'
import type { SigningFact } from '#events/signing.facts.ts'

export const signingMachine = setup({
  types: { context: {} as SigningContext, events: {} as SigningFact },
}).createMachine({
  id: 'signing',
  initial: 'ready',
  context: () => ({ keys: [] }),
  states: {
    ready: {
      on: {
        'signing.key-added': {
          actions: assign(({ context, event }) => ({ keys: [...context.keys, event.data] })),
        },
        'signing.key-retired': {
          actions: assign(({ context, event }) => ({
            keys: context.keys.filter(({ kid }) => kid !== event.data.kid),
          })),
        },
      },
    },
  },
})
