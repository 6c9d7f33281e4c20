import { assign, setup } from 'xstate'

import type { PolicyContext } from '#actors/policy/policy.commands.ts'
import type { PolicyFact } from '#events/policy.facts.ts'

export const policyMachine = setup({
  types: { context: {} as PolicyContext, events: {} as PolicyFact },
}).createMachine({
  id: 'policy',
  initial: 'absent',
  context: () => ({ rights: [] }),
  on: {
    'policy.rights-set': {
      target: '.set',
      actions: assign(({ event }) => ({ rights: event.data.rights })),
    },
  },
  states: { absent: {}, set: {} },
})
