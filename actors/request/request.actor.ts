import { defineActor } from '#actors/kernel/define-actor.ts'
import { requestCommands } from '#actors/request/request.commands.ts'
import { decideRequest } from '#actors/request/request.decide.ts'
import { requestMachine } from '#actors/request/request.machine.ts'
import { requestFacts } from '#events/request.facts.ts'

export const requestActor = defineActor({
  kind: 'request',
  machine: requestMachine,
  facts: requestFacts,
  commands: requestCommands,
  decide: decideRequest,
  snapshotEvery: 100,
  passivateAfterMs: 60_000,
  snapshotSchema: 1,
})
