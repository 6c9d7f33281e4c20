import { identityCommands } from '#actors/identity/identity.commands.ts'
import { decideIdentity } from '#actors/identity/identity.decide.ts'
import { identityMachine } from '#actors/identity/identity.machine.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import { identityFacts } from '#events/identity.facts.ts'

export const identityActor = defineActor({
  kind: 'identity',
  machine: identityMachine,
  facts: identityFacts,
  commands: identityCommands,
  decide: decideIdentity,
  snapshotEvery: 100,
  passivateAfterMs: 60_000,
  snapshotSchema: 1,
})
