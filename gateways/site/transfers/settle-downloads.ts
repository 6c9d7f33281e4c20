import { accountId } from '#actors/account/account.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import type { EventLog } from '#events/event-log.ts'
import { type ActorRef, streamOf } from '#events/fact.ts'
import { factId } from '#events/ids.ts'
import type { OpenConnection } from '#projections/read-models.ts'

import {
  costOf,
  giveBack,
  type LedgerDebit,
  sentId,
  unsentId,
} from '#gateways/site/transfers/download-charge.ts'
import type { SiteParts } from '#gateways/site/parts.ts'

type Parts = Pick<SiteParts, 'host' | 'clock' | 'logger' | 'readModels' | 'credits' | 'lookup'>

/**
 * Gives back what members had paid for downloads that a killed process was sending: all of it, as
 * nobody knows how much had arrived, or what was not sent where that is on record. The downloads
 * are those charged by connections that nobody has closed. Answers how many there were.
 */
export async function settleDownloads(parts: Parts, log: EventLog, node: string): Promise<number> {
  let settled = 0
  for (const orphan of await parts.readModels.connections()) {
    if (orphan.node === node) settled += await settleConnection(parts, log, orphan)
  }
  return settled
}

async function settleConnection(
  parts: Parts,
  log: EventLog,
  { id, member }: OpenConnection,
): Promise<number> {
  if (member === null) return 0
  const { sentBytes, openedAt } = await recordedBy(log, { kind: 'connection', id })
  const ledger: ActorRef = { kind: 'ledger', id: accountId(member) }
  // Backwards: what was given back is met before what it was for.
  const known = new Set<string>()
  let settled = 0
  for await (const recorded of log.readStream(streamOf(ledger), { direction: 'backwards' })) {
    if (recorded.position < openedAt) break
    known.add(recorded.id)
    const fact = recorded as KnownFact
    if (fact.type !== 'ledger.debited' || fact.data.cause.kind !== 'download') continue
    if (fact.meta.connection !== id || known.has(factId(unsentId(fact), 0))) continue
    const sent = sentBytes.get(factId(sentId(fact), 0))
    if (sent === 'whole') continue
    const bytes = await unsentOf(parts, fact, sent ?? 0)
    if (bytes <= 0) continue
    await giveBack(parts, ledger, fact, bytes, { by: null, connection: null })
    settled++
  }
  return settled
}

async function unsentOf(
  { credits, lookup }: Parts,
  { data: { bytes, cause } }: LedgerDebit,
  sentBytes: number,
): Promise<number> {
  if (sentBytes === 0 || cause.race === undefined) return bytes
  const { section } = (await lookup.raceById(cause.race)).context
  return bytes - costOf(sentBytes, credits?.lossIn(section) ?? 1)
}

/** Where a connection begins in the log, and what it has recorded of its downloads, by fact. */
async function recordedBy(log: EventLog, connection: ActorRef) {
  const sentBytes = new Map<string, number | 'whole'>()
  let openedAt = 0
  for await (const recorded of log.readStream(streamOf(connection))) {
    const fact = recorded as KnownFact
    if (fact.type === 'connection.opened') openedAt = fact.position
    if (fact.type !== 'connection.file-sent') continue
    sentBytes.set(fact.id, fact.data.isWhole ? 'whole' : fact.data.sizeBytes)
  }
  return { sentBytes, openedAt }
}
