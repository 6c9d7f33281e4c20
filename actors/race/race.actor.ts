import { raceCommands } from '#actors/race/race.commands.ts'
import { decideRace } from '#actors/race/race.decide.ts'
import { raceMachine } from '#actors/race/race.machine.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import { raceFacts } from '#events/race.facts.ts'

export const raceActor = defineActor({
  kind: 'race',
  machine: raceMachine,
  facts: raceFacts,
  commands: raceCommands,
  decide: decideRace,
  snapshotEvery: 500,
  passivateAfterMs: 120_000,
  snapshotSchema: 3,
})
