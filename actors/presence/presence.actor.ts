import { defineActor } from '#actors/kernel/define-actor.ts'
import { presenceCommands } from '#actors/presence/presence.commands.ts'
import { decidePresence, presenceDeadline } from '#actors/presence/presence.decide.ts'
import { presenceMachine } from '#actors/presence/presence.machine.ts'
import { presenceFacts } from '#events/presence.facts.ts'

export const presenceActor = defineActor({
  kind: 'presence',
  machine: presenceMachine,
  facts: presenceFacts,
  commands: presenceCommands,
  decide: decidePresence,
  deadline: presenceDeadline,
  snapshotEvery: 200,
  passivateAfterMs: 600_000,
  snapshotSchema: 1,
})
