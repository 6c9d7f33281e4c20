import { assign, setup } from 'xstate'

import type { IdentityContext } from '#actors/identity/identity.commands.ts'
import type { IdentityFact } from '#events/identity.facts.ts'

export const identityMachine = setup({
  types: { context: {} as IdentityContext, events: {} as IdentityFact },
}).createMachine({
  id: 'identity',
  initial: 'free',
  context: (): IdentityContext => ({ provider: '', account: '' }),
  states: {
    free: {
      on: {
        'identity.claimed': { target: 'claimed', actions: assign(({ event }) => event.data) },
      },
    },
    claimed: {
      on: {
        'identity.released': { target: 'free', actions: assign({ provider: '', account: '' }) },
      },
    },
  },
})
