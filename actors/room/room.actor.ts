import { roomCommands } from '#actors/room/room.commands.ts'
import { decideRoom } from '#actors/room/room.decide.ts'
import { roomMachine } from '#actors/room/room.machine.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import { roomFacts } from '#events/room.facts.ts'

export const roomActor = defineActor({
  kind: 'room',
  machine: roomMachine,
  facts: roomFacts,
  commands: roomCommands,
  decide: decideRoom,
  snapshotEvery: 1_000,
  passivateAfterMs: 3_600_000,
  snapshotSchema: 1,
})
