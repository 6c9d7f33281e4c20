import { sectionCommands } from '#actors/section/section.commands.ts'
import { decideSection } from '#actors/section/section.decide.ts'
import { sectionMachine } from '#actors/section/section.machine.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import { sectionFacts } from '#events/section.facts.ts'

export const sectionActor = defineActor({
  kind: 'section',
  machine: sectionMachine,
  facts: sectionFacts,
  commands: sectionCommands,
  decide: decideSection,
  snapshotEvery: 500,
  passivateAfterMs: 3_600_000,
  snapshotSchema: 1,
})
