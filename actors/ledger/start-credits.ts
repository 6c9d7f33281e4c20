import type { Consumer } from '#actors/kernel/consumer.ts'
import { followUp } from '#actors/kernel/follow-up.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { DEFAULT_SECTION, type LedgerCommand } from '#actors/ledger/ledger.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import { refOf } from '#events/fact.ts'

/** Gives each new member the credits to begin with, once; those who were there before get none. */
export function createStartCredits(host: ActorHost, bytes: number): Consumer {
  return {
    name: 'start-credits',
    kinds: ['account'],
    async handle(recorded) {
      const fact = recorded as KnownFact
      const account = refOf(fact.stream)
      if (bytes === 0 || !account || fact.type !== 'account.created') return
      const cause = { kind: 'gift', fact: fact.id, note: 'for a new member' } as const
      const give: LedgerCommand = { type: 'ledger.credit', section: DEFAULT_SECTION, bytes, cause }
      await host.send({ kind: 'ledger', id: account.id }, give, followUp(fact, give.type))
    },
  }
}
