import { connectionCommands } from '#actors/connection/connection.commands.ts'
import { connectionDeadline, decideConnection } from '#actors/connection/connection.decide.ts'
import { connectionMachine } from '#actors/connection/connection.machine.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import { connectionFacts } from '#events/connection.facts.ts'

export const connectionActor = defineActor({
  kind: 'connection',
  machine: connectionMachine,
  facts: connectionFacts,
  commands: connectionCommands,
  decide: decideConnection,
  deadline: connectionDeadline,
  snapshotEvery: 100,
  passivateAfterMs: 60_000,
  snapshotSchema: 1,
})
