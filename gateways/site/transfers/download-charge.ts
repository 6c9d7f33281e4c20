import type { CommandContext, Receipt } from '#actors/kernel/host.ts'
import {
  balanceOf,
  LEDGER_REFUSALS,
  type LedgerCommand,
  type LedgerContext,
  ratioIn,
} from '#actors/ledger/ledger.commands.ts'
import type { ActorRef, Fact } from '#events/fact.ts'
import { derivedId } from '#events/ids.ts'
import type { LedgerCause, LedgerFact } from '#events/ledger.facts.ts'
import { Refusal } from '#events/refusal.ts'

import { sendEventually } from '#gateways/kernel/send-eventually.ts'
import { refusalOf } from '#gateways/members/policy.ts'
import type { SiteCaller } from '#gateways/site/caller.ts'
import type { SiteParts } from '#gateways/site/parts.ts'

export interface ChargedFile {
  readonly race: string
  readonly section: string
  /** Path below the release. */
  readonly file: string
  /** The whole path, as the site formats it. */
  readonly path: string
  /** What is left of it to be sent. */
  readonly sizeBytes: number
}

/** What a download costs, paid before its first byte. */
export interface DownloadCharge {
  /** Id of the command that records the download: by it a start finds what was settled. */
  readonly recordId: string | undefined
  /** Gives back what was paid for bytes that were not sent. */
  settle(sentBytes: number): Promise<Receipt | undefined>
}

export type LedgerDebit = Extract<LedgerFact, { type: 'ledger.debited' }>

type Parts = Pick<SiteParts, 'host' | 'clock' | 'logger'>

const FREE: DownloadCharge = { recordId: undefined, settle: async () => undefined }

/** Ids of the commands that end a download that was paid for: each has one effect for ever. */
export const unsentId = (debit: Fact): string => derivedId('download-unsent', debit.id)
export const sentId = (debit: Fact): string => derivedId('download-sent', debit.id)

export function costOf(sizeBytes: number, loss: number): number {
  return Math.ceil(sizeBytes * loss)
}

/**
 * Takes the credits for all that is left of a file, so that two downloads at a time cannot spend
 * the same ones. Rejects with `insufficient-credits` (fields `section`, `needBytes`, `haveBytes`).
 */
export async function chargeDownload(
  parts: SiteParts,
  caller: SiteCaller,
  file: ChargedFile,
): Promise<DownloadCharge> {
  const { credits, freshUploads } = parts
  if (!credits || file.sizeBytes === 0) return FREE
  const loss = credits.lossIn(file.section)
  try {
    return await pay(parts, caller, file, loss)
  } catch (cause) {
    if (!isShort(cause) || !(await freshUploads.credited(caller.member.id))) throw cause
    return await pay(parts, caller, file, loss)
  }
}

async function pay(
  parts: SiteParts,
  caller: SiteCaller,
  { race, section, file, path, sizeBytes }: ChargedFile,
  creditLoss: number,
): Promise<DownloadCharge> {
  const { host, policy } = parts
  const { member } = caller
  const ledger: ActorRef = { kind: 'ledger', id: member.id }
  const { context } = await host.state<LedgerContext>(ledger)
  const { section: kept, bytes: balanceBytes } = balanceOf(context, section)
  const answer = await policy.ask(member, {
    action: 'download',
    path,
    sizeBytes,
    ledger: { section: kept, ratio: ratioIn(context, section), balanceBytes, creditLoss },
  })
  if (answer.credits) throw notEnough({ section: kept, ...answer.credits })
  if (!answer.isAllowed) throw refusalOf('download', answer)
  const bytes = answer.cost?.bytes ?? 0
  if (bytes === 0) return FREE
  const cause: LedgerCause = { kind: 'download', race, file }
  const command: LedgerCommand = {
    type: 'ledger.debit',
    section: kept,
    bytes,
    cause,
    mayOwe: false,
  }
  const receipt = await host.send(ledger, command, caller.context()).catch((failure: unknown) => {
    // Another download was faster.
    throw isShort(failure) ? notEnough(failure.fields as unknown as Shortage) : failure
  })
  const [debit] = receipt.facts as readonly LedgerDebit[]
  // Became a leech meanwhile.
  if (!debit) return FREE
  return {
    recordId: sentId(debit),
    async settle(sentBytes) {
      const unsentBytes = bytes - costOf(sentBytes, creditLoss)
      const { by, flags, connection } = caller.context()
      const who = { by, connection, ...(flags !== undefined && { flags }) }
      return await giveBack(parts, ledger, debit, unsentBytes, who)
    },
  }
}

/**
 * Undoes a part of what a download was charged with, once for ever: the command's id derives from
 * the charge. Without a receipt there is nothing to undo, or the log will be told later.
 */
export async function giveBack(
  parts: Parts,
  ledger: ActorRef,
  debit: LedgerDebit,
  bytes: number,
  who: Omit<CommandContext, 'commandId'>,
): Promise<Receipt | undefined> {
  if (bytes <= 0) return undefined
  const { section, cause: paid } = debit.data
  const cause: LedgerCause = { ...paid, fact: debit.id, note: 'not sent' }
  const { correlationId } = debit.meta
  const commandId = unsentId(debit)
  const context: CommandContext = { ...who, commandId, correlationId, causationId: debit.id }
  const send = (command: LedgerCommand) => sendEventually(parts, ledger, command, context)
  try {
    return await send({ type: 'ledger.reverse', line: debit.version, bytes, cause })
  } catch (failure) {
    if (!(failure instanceof Refusal)) throw failure
    // Somebody has given it back by hand.
    if (failure.code === LEDGER_REFUSALS.alreadyReversed) return undefined
    if (failure.code !== LEDGER_REFUSALS.noSuchLine) throw failure
    // So many lines have come since that the ledger does not remember this one.
    return await send({ type: 'ledger.credit', section, bytes, cause })
  }
}

interface Shortage {
  readonly section: string
  readonly needBytes: number
  readonly haveBytes: number
}

function isShort(cause: unknown): cause is Refusal {
  return cause instanceof Refusal && cause.code === LEDGER_REFUSALS.insufficientCredits
}

/** Clients that try again and again have stopped at words like these. */
function notEnough({ section, needBytes, haveBytes }: Shortage): Refusal {
  const words =
    `Not enough credits: you need ${needBytes} bytes in ${section} and have ${haveBytes}. ` +
    'Upload first; trying again does not help.'
  return new Refusal(LEDGER_REFUSALS.insufficientCredits, words, { section, needBytes, haveBytes })
}
