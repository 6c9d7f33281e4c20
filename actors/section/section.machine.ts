import { assign, setup } from 'xstate'

import type { SectionContext } from '#actors/section/section.commands.ts'
import type { SectionFact } from '#events/section.facts.ts'

export const sectionMachine = setup({
  types: { context: {} as SectionContext, events: {} as SectionFact },
}).createMachine({
  id: 'section',
  initial: 'absent',
  context: () => ({ name: '', releases: {} }),
  states: {
    absent: {
      on: {
        'section.created': {
          target: 'open',
          actions: assign(({ event }) => ({ name: event.data.name })),
        },
      },
    },
    open: {
      on: {
        'section.release-created': {
          actions: assign(({ context, event }) => {
            context.releases[event.data.release] = event.data.race
            return { releases: context.releases }
          }),
        },
        'section.release-renamed': {
          actions: assign(({ context, event }) => {
            delete context.releases[event.data.from]
            context.releases[event.data.to] = event.data.race
            return { releases: context.releases }
          }),
        },
        'section.release-removed': {
          actions: assign(({ context, event }) => {
            delete context.releases[event.data.release]
            return { releases: context.releases }
          }),
        },
      },
    },
  },
})
