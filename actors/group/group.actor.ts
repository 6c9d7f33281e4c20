import { groupCommands } from '#actors/group/group.commands.ts'
import { decideGroup } from '#actors/group/group.decide.ts'
import { groupMachine } from '#actors/group/group.machine.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import { groupFacts } from '#events/group.facts.ts'

export const groupActor = defineActor({
  kind: 'group',
  machine: groupMachine,
  facts: groupFacts,
  commands: groupCommands,
  decide: decideGroup,
  snapshotEvery: 100,
  passivateAfterMs: 600_000,
  snapshotSchema: 1,
})
