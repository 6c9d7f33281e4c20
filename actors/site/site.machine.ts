import { assign, setup } from 'xstate'

import type { SiteContext } from '#actors/site/site.commands.ts'
import { entryOf } from '#events/records.ts'
import { DEFAULT_SECTION_RULES, withRules } from '#events/section-rules.ts'
import type { SiteFact } from '#events/site.facts.ts'

/** A fact that changes nothing here: read models go by it. */
const noted = { actions: assign<SiteContext, SiteFact, undefined, SiteFact, never>({}) }

export const siteMachine = setup({
  types: { context: {} as SiteContext, events: {} as SiteFact },
}).createMachine({
  id: 'site',
  initial: 'open',
  context: () => ({ sections: {} }),
  states: {
    open: {
      on: {
        'site.section-added': {
          actions: assign(({ context, event }) => {
            const { section } = event.data
            // Rules that this fact is older than are as by default.
            const rules = withRules(DEFAULT_SECTION_RULES, event.data.rules)
            return { sections: { ...context.sections, [section]: rules } }
          }),
        },
        'site.section-changed': {
          actions: assign(({ context, event }) => {
            const { section, changes } = event.data
            const rules = entryOf(context.sections, section) ?? DEFAULT_SECTION_RULES
            return { sections: { ...context.sections, [section]: withRules(rules, changes) } }
          }),
        },
        'site.section-removed': {
          actions: assign(({ context, event }) => {
            const { [event.data.section]: _gone, ...sections } = context.sections
            return { sections }
          }),
        },
        'site.dupe-cleared': noted,
        'site.dupe-declared': noted,
      },
    },
  },
})
