import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const number = z.number().int().positive()
const numbers = z.array(number).max(100)

/** What members write to one member, whose id is the stream's. */
export const mailboxFacts = {
  'mailbox.message-received': fact(
    1,
    z.object({
      /** From 1 on in each mailbox. */
      number,
      /** Sealed with the key of the member whose mailbox it is. */
      sealed: z.string().max(4_096),
      /** To whom else it was written: `=GROUP`, `{}` for a list, `*`; null: to this member alone. */
      to: z.string().max(64).nullable(),
    }),
  ),
  'mailbox.messages-read': fact(1, z.object({ numbers })),
  'mailbox.messages-saved': fact(1, z.object({ numbers })),
  'mailbox.messages-purged': fact(1, z.object({ numbers })),
}

export type MailboxFact = FactOf<typeof mailboxFacts>
export type MailboxDecided = DecidedOf<typeof mailboxFacts>
