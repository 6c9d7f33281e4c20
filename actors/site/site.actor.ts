import { siteCommands } from '#actors/site/site.commands.ts'
import { decideSite } from '#actors/site/site.decide.ts'
import { siteMachine } from '#actors/site/site.machine.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import { siteFacts } from '#events/site.facts.ts'

export const siteActor = defineActor({
  kind: 'site',
  machine: siteMachine,
  facts: siteFacts,
  commands: siteCommands,
  decide: decideSite,
  snapshotEvery: 500,
  passivateAfterMs: 3_600_000,
  snapshotSchema: 1,
})
