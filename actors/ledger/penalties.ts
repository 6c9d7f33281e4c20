import type { Consumer } from '#actors/kernel/consumer.ts'
import type { ActorHost } from '#actors/kernel/host.ts'
import { ledgerOf, sendLine } from '#actors/ledger/follow-up-line.ts'
import {
  balanceOf,
  LEDGER_LIMITS,
  type LedgerCommand,
  type LedgerContext,
  ratioIn,
} from '#actors/ledger/ledger.commands.ts'
import { payersOf, takenByNuke } from '#actors/ledger/nuke-amounts.ts'
import { lineLeft } from '#actors/ledger/uploads.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import type { EventLog } from '#events/event-log.ts'
import { type ActorRef, refOf } from '#events/fact.ts'
import type { LedgerCause } from '#events/ledger.facts.ts'

type FactOfType<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>

export interface PenaltiesDeps {
  readonly host: ActorHost
  readonly log: EventLog
}

/**
 * Takes the credits that a nuke costs, and gives back exactly those when it is undone: what is
 * left of the lines, whatever the ratios are by then.
 */
export function createPenalties({ host, log }: PenaltiesDeps): Consumer {
  // Several ledgers follow from one fact.
  const send = (ref: ActorRef, command: LedgerCommand, fact: KnownFact): Promise<void> =>
    sendLine(host, ref, command, fact, ref.id)

  async function take(fact: FactOfType<'race.nuked'>, race: ActorRef): Promise<void> {
    const { section } = (await host.state<RaceContext>(race)).context
    const { multiplier, reason: note } = fact.data
    for (const payer of payersOf(fact.data)) {
      const ref = ledgerOf(payer.member)
      const { context } = await host.state<LedgerContext>(ref)
      const bytes = takenByNuke(payer, ratioIn(context, section), multiplier)
      if (bytes === 0) continue
      const cause: LedgerCause = { kind: 'nuke', fact: fact.id, race: race.id, note }
      const { section: kept } = balanceOf(context, section)
      await send(ref, { type: 'ledger.debit', section: kept, bytes, cause, mayOwe: true }, fact)
    }
  }

  async function giveBack(fact: FactOfType<'race.unnuked'>, race: ActorRef): Promise<void> {
    const nuke = await nukeBehind(fact)
    if (!nuke) return
    const cause: LedgerCause = {
      kind: 'unnuke',
      fact: fact.id,
      race: race.id,
      note: fact.data.reason,
    }
    for (const { member } of payersOf(nuke.data)) {
      const ref = ledgerOf(member)
      const ledger = await host.state<LedgerContext>(ref)
      const line = Object.entries(ledger.context.lines).find(
        ([, each]) => each.cause.kind === 'nuke' && each.cause.fact === nuke.id,
      )
      if (line) {
        await send(ref, { type: 'ledger.reverse', line: Number(line[0]), cause }, fact)
        continue
      }
      if (ledger.version < LEDGER_LIMITS.linesKept) continue
      // So long ago that the ledger itself does not remember the line.
      const left = await lineLeft(log, ref, nuke.id)
      if (left) await send(ref, { type: 'ledger.credit', ...left, cause }, fact)
    }
  }

  async function nukeBehind({ stream, version, data }: FactOfType<'race.unnuked'>) {
    const options = { direction: 'backwards', from: version - 1 } as const
    for await (const recorded of log.readStream(stream, options)) {
      const fact = recorded as KnownFact
      if (fact.type === 'race.nuked' && fact.id === data.nuke) return fact
    }
    return undefined
  }

  return {
    name: 'penalties',
    kinds: ['race'],
    async handle(recorded) {
      const fact = recorded as KnownFact
      const race = refOf(fact.stream)
      // Another program's event in a stream that is no actor's.
      if (!race) return
      if (fact.type === 'race.nuked') await take(fact, race)
      if (fact.type === 'race.unnuked') await giveBack(fact, race)
    },
  }
}
