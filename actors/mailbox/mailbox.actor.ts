import { defineActor } from '#actors/kernel/define-actor.ts'
import { mailboxCommands } from '#actors/mailbox/mailbox.commands.ts'
import { decideMailbox } from '#actors/mailbox/mailbox.decide.ts'
import { mailboxMachine } from '#actors/mailbox/mailbox.machine.ts'
import { mailboxFacts } from '#events/mailbox.facts.ts'

export const mailboxActor = defineActor({
  kind: 'mailbox',
  machine: mailboxMachine,
  facts: mailboxFacts,
  commands: mailboxCommands,
  decide: decideMailbox,
  snapshotEvery: 100,
  passivateAfterMs: 60_000,
  snapshotSchema: 1,
})
