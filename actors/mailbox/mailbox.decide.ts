import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import {
  MAILBOX_LIMITS,
  MAILBOX_REFUSALS,
  type MailboxCommand,
  type MailboxContext,
  type SealedLetter,
} from '#actors/mailbox/mailbox.commands.ts'
import type { MailboxDecided } from '#events/mailbox.facts.ts'
import { Refusal } from '#events/refusal.ts'

export function decideMailbox(
  { context }: ActorState<MailboxContext>,
  command: MailboxCommand,
  env: DecideEnv,
): MailboxDecided[] {
  const { letters } = context
  const isDone = ({ isRead, isSaved }: SealedLetter): boolean => isRead && !isSaved
  switch (command.type) {
    case 'mailbox.deliver':
      return deliver(context, command, env)
    case 'mailbox.read': {
      const shown = letters.filter(({ isRead, number }) => !isRead && number <= command.upTo)
      return about('mailbox.messages-read', shown)
    }
    case 'mailbox.save': {
      const fresh = letters.filter(isDone)
      const limit = MAILBOX_LIMITS.saved
      if (letters.filter(({ isSaved }) => isSaved).length + fresh.length > limit) {
        const words = `A mailbox keeps ${limit} saved messages: purge some first.`
        throw new Refusal(MAILBOX_REFUSALS.tooManySaved, words, { limit })
      }
      return about('mailbox.messages-saved', fresh)
    }
    case 'mailbox.purge':
      return about(
        'mailbox.messages-purged',
        letters.filter((each) => isDone(each) || (command.includesSaved && each.isSaved)),
      )
  }
}

function deliver(
  { letters, lastNumber }: MailboxContext,
  { sealed, to }: Extract<MailboxCommand, { type: 'mailbox.deliver' }>,
  { by }: DecideEnv,
): MailboxDecided[] {
  const ofSender = letters.filter(({ from, isRead }) => !isRead && from === by)
  if (by !== null && ofSender.length >= MAILBOX_LIMITS.unreadOfOne) {
    const limit = MAILBOX_LIMITS.unreadOfOne
    const words = `${limit} of your messages there have not been read yet: more are not taken.`
    throw new Refusal(MAILBOX_REFUSALS.tooManyUnread, words, { limit })
  }
  const received: MailboxDecided = {
    type: 'mailbox.message-received',
    data: { number: lastNumber + 1, sealed, to },
  }
  if (letters.length < MAILBOX_LIMITS.messages) return [received]
  // What has been read and not been saved makes room.
  const oldest = letters.find(({ isRead, isSaved }) => isRead && !isSaved)
  if (!oldest) {
    const limit = MAILBOX_LIMITS.messages
    const words = `The mailbox is full: it takes ${limit} messages.`
    throw new Refusal(MAILBOX_REFUSALS.mailboxFull, words, { limit })
  }
  return [...about('mailbox.messages-purged', [oldest]), received]
}

function about(
  type: Exclude<MailboxDecided['type'], 'mailbox.message-received'>,
  letters: readonly SealedLetter[],
): MailboxDecided[] {
  if (letters.length === 0) return []
  return [{ type, data: { numbers: letters.map(({ number }) => number) } }]
}
