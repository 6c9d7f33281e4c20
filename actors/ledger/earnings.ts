import { accountId } from '#actors/account/account.commands.ts'
import type { Consumer } from '#actors/kernel/consumer.ts'
import { followUp } from '#actors/kernel/follow-up.ts'
import type { ActorHost, ActorState } from '#actors/kernel/host.ts'
import {
  balanceOf,
  LEDGER_LIMITS,
  LEDGER_REFUSALS,
  type LedgerCommand,
  type LedgerContext,
  ratioIn,
} from '#actors/ledger/ledger.commands.ts'
import { creditsOf, uploadBehind } from '#actors/ledger/uploads.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import type { EventLog } from '#events/event-log.ts'
import { type ActorRef, refOf } from '#events/fact.ts'
import type { LedgerCause } from '#events/ledger.facts.ts'
import { Refusal } from '#events/refusal.ts'

type FactOfType<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>

/** What a single upload earns at most: more does not go in a command. */
const EARNED_BYTES_MAX = 2 ** 50

/** Refusals that settle the matter: there is nothing more to give, or to take back. */
const SETTLED = new Set<string>([LEDGER_REFUSALS.balanceTooLarge, LEDGER_REFUSALS.alreadyReversed])

export interface EarningsDeps {
  readonly host: ActorHost
  readonly log: EventLog
}

/**
 * Credits each upload with its size times the ratio, and takes that back when the file is deleted
 * or turns out bad: what was given then, whatever the ratio is now.
 */
export function createEarnings({ host, log }: EarningsDeps): Consumer {
  const ledgerOf = (member: string): ActorRef => ({ kind: 'ledger', id: accountId(member) })

  async function send(ref: ActorRef, command: LedgerCommand, fact: KnownFact): Promise<void> {
    const context = followUp(fact, command.type)
    await host.send(ref, command, context).catch((cause: unknown) => {
      if (!(cause instanceof Refusal) || !SETTLED.has(cause.code)) throw cause
    })
  }

  async function earn(fact: FactOfType<'race.file-accepted'>, race: ActorRef): Promise<void> {
    const { by } = fact.meta
    if (by === null) return
    const ref = ledgerOf(by)
    const { section } = (await host.state<RaceContext>(race)).context
    const { context } = await host.state<LedgerContext>(ref)
    const { file, sizeBytes } = fact.data
    const earned = Math.min(Math.floor(sizeBytes * ratioIn(context, section)), EARNED_BYTES_MAX)
    if (earned === 0) return
    const cause: LedgerCause = { kind: 'upload', fact: fact.id, race: race.id, file }
    const kept = balanceOf(context, section).section
    await send(ref, { type: 'ledger.credit', section: kept, bytes: earned, cause }, fact)
  }

  async function takeBack(
    fact: FactOfType<'race.file-deleted' | 'race.file-marked-bad'>,
    race: ActorRef,
  ): Promise<void> {
    const { file, member } = fact.data
    const upload = await uploadBehind(log, fact.stream, fact.version, file)
    if (upload === undefined) return
    const ref = ledgerOf(member)
    const cause: LedgerCause = { kind: 'deletion', fact: fact.id, race: race.id, file }
    const ledger = await host.state<LedgerContext>(ref)
    const line = lineOf(ledger, upload)
    if (line !== undefined) return await send(ref, { type: 'ledger.reverse', line, cause }, fact)
    if (ledger.version < LEDGER_LIMITS.linesKept) return
    // So long ago that the ledger itself does not remember the line.
    const credits = await creditsOf(log, ref, upload)
    if (credits) await send(ref, { type: 'ledger.debit', ...credits, cause, mayOwe: true }, fact)
  }

  return {
    name: 'earnings',
    kinds: ['race'],
    async handle(recorded) {
      const fact = recorded as KnownFact
      const race = refOf(fact.stream)
      // Another program's event in a stream that is no actor's.
      if (!race) return
      if (fact.type === 'race.file-accepted') await earn(fact, race)
      if (fact.type === 'race.file-deleted' || fact.type === 'race.file-marked-bad') {
        await takeBack(fact, race)
      }
    },
  }
}

/** The number of the line that credited an upload. */
function lineOf({ context }: ActorState<LedgerContext>, upload: string): number | undefined {
  const found = Object.entries(context.lines).find(
    ([, { cause }]) => cause.kind === 'upload' && cause.fact === upload,
  )
  return found && Number(found[0])
}
