import { defineActor } from '#actors/kernel/define-actor.ts'
import { publicationCommands } from '#actors/publication/publication.commands.ts'
import { decidePublication, publicationDeadline } from '#actors/publication/publication.decide.ts'
import { publicationMachine } from '#actors/publication/publication.machine.ts'
import { publicationFacts } from '#events/publication.facts.ts'

export const publicationActor = defineActor({
  kind: 'publication',
  machine: publicationMachine,
  facts: publicationFacts,
  commands: publicationCommands,
  decide: decidePublication,
  deadline: publicationDeadline,
  snapshotEvery: 100,
  passivateAfterMs: 60_000,
  snapshotSchema: 1,
})
