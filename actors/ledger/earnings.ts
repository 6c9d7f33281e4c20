import type { Consumer } from '#actors/kernel/consumer.ts'
import type { ActorHost, ActorState } from '#actors/kernel/host.ts'
import { ledgerOf, sendLine } from '#actors/ledger/follow-up-line.ts'
import {
  balanceOf,
  LEDGER_LIMITS,
  type LedgerCommand,
  type LedgerContext,
  ratioIn,
} from '#actors/ledger/ledger.commands.ts'
import { creditBehind, creditsOf, shareOf } from '#actors/ledger/uploads.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import type { EventLog } from '#events/event-log.ts'
import { type ActorRef, refOf } from '#events/fact.ts'
import type { LedgerCause } from '#events/ledger.facts.ts'

type FactOfType<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>
type GoneFact = FactOfType<'race.file-deleted' | 'race.file-marked-bad' | 'race.sfv-replaced'>
const GONE: ReadonlySet<KnownFact['type']> = new Set<GoneFact['type']>([
  'race.file-deleted',
  'race.file-marked-bad',
  'race.sfv-replaced',
])

/** What a single upload earns at most: more does not go in a command. */
const EARNED_BYTES_MAX = 2 ** 50

export interface EarningsDeps {
  readonly host: ActorHost
  readonly log: EventLog
}

/**
 * Credits each upload with its size times the ratio, and takes that back when the file is deleted
 * or turns out bad: what was given then, whatever the ratio is now. What is wiped keeps its
 * credits; of what is nuked the nuke has taken them (`createPenalties`).
 */
export function createEarnings({ host, log }: EarningsDeps): Consumer {
  const send = (
    ref: ActorRef,
    command: LedgerCommand,
    fact: KnownFact,
    ...which: readonly string[]
  ): Promise<void> => sendLine(host, ref, command, fact, ...which)

  /** A file that was bad and is good after all earns anew: it was taken back when it was bad. */
  async function earn(
    fact: FactOfType<'race.file-accepted' | 'race.file-cleared'>,
    race: ActorRef,
  ): Promise<void> {
    const by = fact.type === 'race.file-cleared' ? fact.data.member : (fact.meta.by ?? '')
    if (by === '' || !fact.data.credited) return
    const ref = ledgerOf(by)
    const { section } = (await host.state<RaceContext>(race)).context
    const { context } = await host.state<LedgerContext>(ref)
    const { file, sizeBytes } = fact.data
    const earned = earnedIn(context, section, sizeBytes)
    if (earned === 0) return
    const cause: LedgerCause = { kind: 'upload', fact: fact.id, race: race.id, file }
    const kept = balanceOf(context, section).section
    await send(ref, { type: 'ledger.credit', section: kept, bytes: earned, cause }, fact)
  }

  /** What a group has brought before it was published is credited then. */
  async function earnPublished(fact: FactOfType<'race.published'>, race: ActorRef): Promise<void> {
    for (const { member, sizeBytes } of fact.data.uploaders) {
      const ref = ledgerOf(member)
      const { context } = await host.state<LedgerContext>(ref)
      const bytes = earnedIn(context, fact.data.to, sizeBytes)
      if (bytes === 0) continue
      const note = `published in ${fact.data.to}`
      const cause: LedgerCause = { kind: 'upload', fact: fact.id, race: race.id, note }
      const { section } = balanceOf(context, fact.data.to)
      // One fact, several ledgers: each has a command of its own.
      await send(ref, { type: 'ledger.credit', section, bytes, cause }, fact, ref.id)
    }
  }

  /** `nuke`: the fact of one that has been undone now, and had taken the credits until then. */
  async function takeBack(fact: GoneFact, race: ActorRef, nuke?: string): Promise<void> {
    const { file, member, sizeBytes } = fact.data
    const upload = await creditBehind(log, fact, { file, member }, nuke)
    if (upload === undefined) return
    const ref = ledgerOf(member)
    const cause: LedgerCause = { kind: 'deletion', fact: fact.id, race: race.id, file }
    const ledger = await host.state<LedgerContext>(ref)
    const line = lineOf(ledger, upload.fact)
    const isOld = line === undefined && ledger.version >= LEDGER_LIMITS.linesKept
    if (line === undefined && !isOld) return
    if (line !== undefined && upload.ofBytes === undefined) {
      return await send(ref, { type: 'ledger.reverse', line, cause }, fact)
    }
    const credits = await creditsOf(log, ref, upload.fact)
    if (!credits) return
    const { ofBytes = sizeBytes } = upload
    const bytes = shareOf(credits.bytes, sizeBytes, ofBytes)
    if (line !== undefined)
      return await send(ref, { type: 'ledger.reverse', line, bytes, cause }, fact)
    // So long ago that the ledger itself does not remember the line.
    const { section } = credits
    await send(ref, { type: 'ledger.debit', section, bytes, cause, mayOwe: true }, fact)
  }

  /** What was deleted while the nuke stood is taken back now that the nuke's credits are not. */
  async function takeBackNuked(fact: FactOfType<'race.unnuked'>, race: ActorRef): Promise<void> {
    const { stream, version } = fact
    const gone: GoneFact[] = []
    for await (const recorded of log.readStream(stream, {
      direction: 'backwards',
      from: version,
    })) {
      if (recorded.id === fact.data.nuke) break
      const each = recorded as KnownFact
      if (isGone(each)) gone.push(each)
    }
    for (const each of gone.toReversed()) await takeBack(each, race, fact.data.nuke)
  }

  return {
    name: 'earnings',
    kinds: ['race'],
    async handle(recorded) {
      const fact = recorded as KnownFact
      const race = refOf(fact.stream)
      // Another program's event in a stream that is no actor's.
      if (!race) return
      if (fact.type === 'race.file-accepted' || fact.type === 'race.file-cleared') {
        await earn(fact, race)
      }
      if (fact.type === 'race.published') await earnPublished(fact, race)
      if (fact.type === 'race.unnuked') await takeBackNuked(fact, race)
      if (isGone(fact)) await takeBack(fact, race)
    },
  }
}

function isGone(fact: KnownFact): fact is GoneFact {
  return GONE.has(fact.type)
}

function earnedIn(ledger: Readonly<LedgerContext>, section: string, sizeBytes: number): number {
  return Math.min(Math.floor(sizeBytes * ratioIn(ledger, section)), EARNED_BYTES_MAX)
}

/** The number of the line that credited an upload. */
function lineOf({ context }: ActorState<LedgerContext>, upload: string): number | undefined {
  const found = Object.entries(context.lines).find(
    ([, { cause }]) => cause.kind === 'upload' && cause.fact === upload,
  )
  return found && Number(found[0])
}
