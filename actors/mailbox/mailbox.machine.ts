import { assign, setup } from 'xstate'

import type { MailboxContext, SealedLetter } from '#actors/mailbox/mailbox.commands.ts'
import type { MailboxFact } from '#events/mailbox.facts.ts'

export const mailboxMachine = setup({
  types: { context: {} as MailboxContext, events: {} as MailboxFact },
}).createMachine({
  id: 'mailbox',
  initial: 'open',
  context: (): MailboxContext => ({ lastNumber: 0, letters: [] }),
  states: {
    open: {
      on: {
        'mailbox.message-received': {
          actions: assign(({ context, event: { data, meta } }) => {
            const { by: from, at: atMs } = meta
            const letter = { ...data, from, atMs, isRead: false, isSaved: false }
            return { lastNumber: data.number, letters: [...context.letters, letter] }
          }),
        },
        'mailbox.messages-read': {
          actions: assign(({ context, event: { data } }) => ({
            letters: changed(context.letters, data.numbers, { isRead: true }),
          })),
        },
        'mailbox.messages-saved': {
          actions: assign(({ context, event: { data } }) => ({
            letters: changed(context.letters, data.numbers, { isSaved: true }),
          })),
        },
        'mailbox.messages-purged': {
          actions: assign(({ context, event: { data } }) => ({
            letters: context.letters.filter(({ number }) => !data.numbers.includes(number)),
          })),
        },
      },
    },
  },
})

function changed(
  letters: readonly SealedLetter[],
  numbers: readonly number[],
  by: Partial<SealedLetter>,
): SealedLetter[] {
  return letters.map((each) => (numbers.includes(each.number) ? { ...each, ...by } : each))
}
