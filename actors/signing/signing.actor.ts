import { defineActor } from '#actors/kernel/define-actor.ts'
import { signingCommands } from '#actors/signing/signing.commands.ts'
import { decideSigning } from '#actors/signing/signing.decide.ts'
import { signingMachine } from '#actors/signing/signing.machine.ts'
import { signingFacts } from '#events/signing.facts.ts'

export const signingActor = defineActor({
  kind: 'signing',
  machine: signingMachine,
  facts: signingFacts,
  commands: signingCommands,
  decide: decideSigning,
  snapshotEvery: 100,
  passivateAfterMs: 3_600_000,
  snapshotSchema: 1,
})
