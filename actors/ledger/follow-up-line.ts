import { accountId } from '#actors/account/account.commands.ts'
import { followUp } from '#actors/kernel/follow-up.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { LEDGER_REFUSALS, type LedgerCommand } from '#actors/ledger/ledger.commands.ts'
import type { ActorRef, Fact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

/** Refusals that settle the matter: there is nothing more to give, or to take back. */
const SETTLED = new Set<string>([LEDGER_REFUSALS.balanceTooLarge, LEDGER_REFUSALS.alreadyReversed])

export function ledgerOf(member: string): ActorRef {
  return { kind: 'ledger', id: accountId(member) }
}

/**
 * Has a ledger follow a fact, once however often the fact is seen. Where several ledgers follow
 * from one fact `which` tells them apart: the ids of their facts derive from the command's.
 */
export async function sendLine(
  host: ActorHost,
  ref: ActorRef,
  command: LedgerCommand,
  fact: Fact,
  ...which: readonly string[]
): Promise<void> {
  const context = followUp(fact, command.type, ...which)
  await host.send(ref, command, context).catch((cause: unknown) => {
    if (!(cause instanceof Refusal) || !SETTLED.has(cause.code)) throw cause
  })
}
