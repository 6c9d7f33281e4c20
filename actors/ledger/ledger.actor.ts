import { defineActor } from '#actors/kernel/define-actor.ts'
import { ledgerCommands } from '#actors/ledger/ledger.commands.ts'
import { decideLedger, ledgerDeadline } from '#actors/ledger/ledger.decide.ts'
import { ledgerMachine } from '#actors/ledger/ledger.machine.ts'
import { ledgerFacts } from '#events/ledger.facts.ts'

export const ledgerActor = defineActor({
  kind: 'ledger',
  machine: ledgerMachine,
  facts: ledgerFacts,
  commands: ledgerCommands,
  decide: decideLedger,
  deadline: ledgerDeadline,
  snapshotEvery: 500,
  passivateAfterMs: 600_000,
  snapshotSchema: 1,
})
