import { assign, setup } from 'xstate'

import type { PublicationContext } from '#actors/publication/publication.commands.ts'
import type { PublicationFact } from '#events/publication.facts.ts'

const scheduled = {
  target: 'scheduled',
  actions: assign<
    PublicationContext,
    Extract<PublicationFact, { type: 'publication.scheduled' }>,
    undefined,
    PublicationFact,
    never
  >(({ event }) => ({ ...event.data, by: event.meta.by ?? '', failure: null })),
} as const

export const publicationMachine = setup({
  types: { context: {} as PublicationContext, events: {} as PublicationFact },
}).createMachine({
  id: 'publication',
  initial: 'idle',
  context: (): PublicationContext => ({
    section: '',
    release: '',
    to: '',
    dueAtMs: 0,
    by: '',
    failure: null,
  }),
  states: {
    idle: { on: { 'publication.scheduled': scheduled } },
    scheduled: {
      on: {
        'publication.scheduled': scheduled,
        'publication.cancelled': 'idle',
        'publication.fell-due': 'due',
      },
    },
    due: {
      on: {
        'publication.scheduled': scheduled,
        'publication.done': 'idle',
        'publication.failed': {
          target: 'idle',
          actions: assign(({ event }) => ({ failure: event.data })),
        },
      },
    },
  },
})
