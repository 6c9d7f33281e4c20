import { defineActor } from '#actors/kernel/define-actor.ts'
import { lockoutCommands } from '#actors/lockout/lockout.commands.ts'
import { decideLockout } from '#actors/lockout/lockout.decide.ts'
import { lockoutMachine } from '#actors/lockout/lockout.machine.ts'
import { lockoutFacts } from '#events/lockout.facts.ts'

export const lockoutActor = defineActor({
  kind: 'lockout',
  machine: lockoutMachine,
  facts: lockoutFacts,
  commands: lockoutCommands,
  decide: decideLockout,
  snapshotEvery: 100,
  passivateAfterMs: 60_000,
  snapshotSchema: 1,
})
