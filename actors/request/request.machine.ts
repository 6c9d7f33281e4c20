import { assign, setup } from 'xstate'

import type { RequestContext } from '#actors/request/request.commands.ts'
import type { RequestFact } from '#events/request.facts.ts'

export const requestMachine = setup({
  types: { context: {} as RequestContext, events: {} as RequestFact },
}).createMachine({
  id: 'request',
  initial: 'none',
  context: (): RequestContext => ({ name: '', section: null, by: '', atMs: 0 }),
  states: {
    none: {
      on: {
        'request.made': {
          target: 'open',
          actions: assign(({ event: { data, meta } }) => ({
            ...data,
            by: meta.by ?? '',
            atMs: meta.at,
          })),
        },
      },
    },
    open: { on: { 'request.filled': 'none', 'request.withdrawn': 'none' } },
  },
})
