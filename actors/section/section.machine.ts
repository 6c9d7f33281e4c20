import { assign, setup } from 'xstate'

import type { SectionContext } from '#actors/section/section.commands.ts'
import { entryOf } from '#events/records.ts'
import type { SectionFact } from '#events/section.facts.ts'

export const sectionMachine = setup({
  types: { context: {} as SectionContext, events: {} as SectionFact },
}).createMachine({
  id: 'section',
  initial: 'absent',
  context: () => ({ name: '', releases: {}, makers: {} }),
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
        'section.closed': { target: 'absent' },
        'section.release-created': {
          actions: assign(({ context, event }) => {
            context.releases[event.data.release] = event.data.race
            context.makers[event.data.release] = event.meta.by ?? ''
            return { releases: context.releases, makers: context.makers }
          }),
        },
        'section.release-renamed': {
          actions: assign(({ context, event }) => {
            const maker = entryOf(context.makers, event.data.from) ?? ''
            delete context.releases[event.data.from]
            delete context.makers[event.data.from]
            context.releases[event.data.to] = event.data.race
            context.makers[event.data.to] = maker
            return { releases: context.releases, makers: context.makers }
          }),
        },
        'section.release-removed': {
          actions: assign(({ context, event }) => {
            delete context.releases[event.data.release]
            delete context.makers[event.data.release]
            return { releases: context.releases, makers: context.makers }
          }),
        },
      },
    },
  },
})
