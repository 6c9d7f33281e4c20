import { z } from 'zod'

/** Characters of a message before it is sealed. */
export const LETTER_CHARACTERS = 400

export const MAILBOX_LIMITS = {
  messages: 100,
  saved: 50,
  /** Of one sender, that have not been read. */
  unreadOfOne: 20,
} as const

/** All but `deliver` are for the member whose mailbox it is. */
export const mailboxCommands = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('mailbox.deliver'),
    sealed: z.string().min(1).max(4_096),
    to: z.string().max(64).nullable(),
  }),
  /** Everything that has come up to a number has been shown. */
  z.object({ type: z.literal('mailbox.read'), upTo: z.number().int().nonnegative() }),
  /** What has been read is kept until it is purged by name. */
  z.object({ type: z.literal('mailbox.save') }),
  /** What has been read goes; what was saved with `includesSaved` alone. */
  z.object({ type: z.literal('mailbox.purge'), includesSaved: z.boolean() }),
])

export type MailboxCommand = z.output<typeof mailboxCommands>

export const MAILBOX_REFUSALS = {
  /** Field `limit`: that many have not been read, or are saved. */
  mailboxFull: 'mailbox-full',
  /** Field `limit`: that many of the same sender have not been read. */
  tooManyUnread: 'too-many-unread',
  /** Field `limit`. */
  tooManySaved: 'too-many-saved',
} as const

/** A message as it lies there. */
export interface SealedLetter {
  number: number
  from: string | null
  atMs: number
  sealed: string
  to: string | null
  isRead: boolean
  isSaved: boolean
}

export interface MailboxContext {
  /** Of the last message that ever came. */
  lastNumber: number
  /** The oldest first. */
  letters: SealedLetter[]
}
