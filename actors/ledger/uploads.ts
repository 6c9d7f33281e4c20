import { accountId } from '#actors/account/account.commands.ts'
import type { KnownFact } from '#events/catalogue.ts'
import type { EventLog } from '#events/event-log.ts'
import { type ActorRef, type Fact, streamOf } from '#events/fact.ts'

/** By what a file was credited. */
export interface CreditedBy {
  /** The id of the `race.file-accepted` (or `-cleared`), or of the `race.published` that it was a part of. */
  readonly fact: string
  /** The size of all that was credited by that fact, where it was more than the file. */
  readonly ofBytes?: number
}

export interface FileToTakeBack {
  readonly file: string
  readonly member: string
}

/**
 * By what a file was credited, whatever its name was then. It is looked for backwards from a
 * fact of the race's stream. Undefined when there is nothing to take back: the file was marked bad
 * since, or never credited, or a nuke that still stands has taken its credits (`ignoring`: but
 * not that one).
 */
export async function creditBehind(
  log: EventLog,
  { stream, version }: Pick<Fact, 'stream' | 'version'>,
  { file, member }: FileToTakeBack,
  ignoring?: string,
): Promise<CreditedBy | undefined> {
  let name = file
  let isUnnuked = false
  let published: CreditedBy | undefined
  if (version === 0) return undefined
  const options = { direction: 'backwards', from: version - 1 } as const
  for await (const recorded of log.readStream(stream, options)) {
    const fact = recorded as KnownFact
    if (fact.type === 'race.file-renamed' && fact.data.to === name) name = fact.data.from
    // A bad file was taken back when it was found out; a found one nobody has brought.
    const isEnd = fact.type === 'race.file-marked-bad' || fact.type === 'race.file-found'
    if (isEnd && fact.data.file === name) return undefined
    if (fact.type === 'race.unnuked') isUnnuked = true
    if (fact.type === 'race.nuked') {
      if (!isUnnuked && fact.id !== ignoring && fact.data.multiplier > 0) return undefined
      isUnnuked = false
    }
    if (fact.type === 'race.published') {
      const brought = fact.data.uploaders.find((each) => isSame(each.member, member))
      published = brought && { fact: fact.id, ofBytes: brought.sizeBytes }
    }
    const isCredit = fact.type === 'race.file-accepted' || fact.type === 'race.file-cleared'
    if (isCredit && fact.data.file === name) {
      return fact.data.credited ? { fact: fact.id } : published
    }
  }
  return undefined
}

function isSame(one: string, other: string): boolean {
  return accountId(one) === accountId(other)
}

/** What an upload was credited with, and where; undefined when with nothing. */
export async function creditsOf(
  log: EventLog,
  ledger: ActorRef,
  upload: string,
): Promise<{ readonly section: string; readonly bytes: number } | undefined> {
  for await (const recorded of log.readStream(streamOf(ledger), { direction: 'backwards' })) {
    const fact = recorded as KnownFact
    if (fact.type !== 'ledger.credited') continue
    const { cause, section, bytes } = fact.data
    if (cause.kind === 'upload' && cause.fact === upload) return { section, bytes }
  }
  return undefined
}

/** What a nuke has taken from a ledger and nobody has given back; undefined: nothing. */
export async function lineLeft(
  log: EventLog,
  ledger: ActorRef,
  nuke: string,
): Promise<{ readonly section: string; readonly bytes: number } | undefined> {
  const givenBack = new Map<number, number>()
  for await (const recorded of log.readStream(streamOf(ledger), { direction: 'backwards' })) {
    const fact = recorded as KnownFact
    if (fact.type === 'ledger.reversed') {
      const { line, bytes } = fact.data
      givenBack.set(line, (givenBack.get(line) ?? 0) + bytes)
    }
    if (fact.type !== 'ledger.debited') continue
    const { cause, section, bytes } = fact.data
    if (cause.kind !== 'nuke' || cause.fact !== nuke) continue
    const left = bytes - (givenBack.get(fact.version) ?? 0)
    return left > 0 ? { section, bytes: left } : undefined
  }
  return undefined
}

/** Of what was credited for many files together, the part of one of them, rounded down. */
export function shareOf(creditedBytes: number, sizeBytes: number, ofBytes: number): number {
  // The product is beyond what a double holds exactly.
  return Number((BigInt(creditedBytes) * BigInt(sizeBytes)) / BigInt(ofBytes))
}
