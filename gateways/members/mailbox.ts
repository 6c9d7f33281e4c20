import { ACCOUNT_REFUSALS, accountId } from '#actors/account/account.commands.ts'
import type { ActorHost, CommandContext, Receipt } from '#actors/kernel/host.ts'
import type { MailboxContext, SealedLetter } from '#actors/mailbox/mailbox.commands.ts'
import { Refusal } from '#events/refusal.ts'
import { memberSubject, SEAL_REFUSALS, type Seals } from '#events/seals.ts'

import { accountOf } from '#gateways/members/administration/account-actor.ts'

export interface MailboxDeps {
  readonly host: ActorHost
  readonly seals: Seals
}

/** A message as its receiver reads it. */
export interface Letter extends Omit<SealedLetter, 'sealed'> {
  /** Undefined: the key is gone, and the text with it. */
  readonly text: string | undefined
}

const FIELD = 'message'

export function mailboxRef(member: string) {
  return { kind: 'mailbox', id: accountId(member) } as const
}

/**
 * Puts a message into a member's mailbox, sealed with that member's key. Rejects with
 * `no-such-account` for who is not here, or not any more, and with the mailbox's refusals.
 */
export async function deliver(
  { host, seals }: MailboxDeps,
  letter: { readonly member: string; readonly text: string; readonly to: string | null },
  context: CommandContext,
): Promise<Receipt> {
  const { id, standing } = await accountOf({ host }, letter.member)
  if (standing !== 'active') throw nobody()
  const sealed = await sealedFor(seals, id, letter.text)
  const command = { type: 'mailbox.deliver', sealed, to: letter.to } as const
  return await host.send(mailboxRef(id), command, context)
}

async function sealedFor(seals: Seals, id: string, text: string): Promise<string> {
  try {
    return await seals.seal(memberSubject(id), FIELD, text)
  } catch (cause) {
    if (cause instanceof Refusal && cause.code === SEAL_REFUSALS.forgotten) throw nobody()
    throw cause
  }
}

function nobody(): Refusal {
  return new Refusal(ACCOUNT_REFUSALS.noSuchAccount, 'There is no such member.')
}

/** All that lies in a member's mailbox, the oldest first. */
export async function lettersOf({ host, seals }: MailboxDeps, member: string): Promise<Letter[]> {
  const { context } = await host.state<MailboxContext>(mailboxRef(member))
  return await Promise.all(
    context.letters.map(async ({ sealed, ...letter }) => ({
      ...letter,
      text: await seals.unseal(memberSubject(accountId(member)), FIELD, sealed),
    })),
  )
}

/** How many messages a member has not read. */
export async function unreadOf(host: ActorHost, member: string): Promise<number> {
  const { context } = await host.state<MailboxContext>(mailboxRef(member))
  return context.letters.filter(({ isRead }) => !isRead).length
}
