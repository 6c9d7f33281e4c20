import { accountCommands } from '#actors/account/account.commands.ts'
import { decideAccount } from '#actors/account/account.decide.ts'
import { accountMachine } from '#actors/account/account.machine.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import { accountFacts } from '#events/account.facts.ts'

export const accountActor = defineActor({
  kind: 'account',
  machine: accountMachine,
  facts: accountFacts,
  commands: accountCommands,
  decide: decideAccount,
  snapshotEvery: 100,
  passivateAfterMs: 600_000,
  snapshotSchema: 2,
})
