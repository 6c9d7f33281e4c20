import { z } from 'zod'

import { type LedgerCause, ledgerCause } from '#events/ledger.facts.ts'
import { entryOf, isPlainKey } from '#events/records.ts'

const section = z.string().min(1).max(64).refine(isPlainKey, 'not a name that can be kept')
/** A million GiB are more than anybody uploads at a time. */
const bytes = z
  .number()
  .int()
  .min(0)
  .max(2 ** 50)
const cause = ledgerCause.extend({ note: z.string().max(300).optional() })

export const ledgerCommands = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ledger.credit'), section, bytes, cause }),
  /**
   * Refused with `insufficient-credits` when the balance is less, unless `mayOwe`: what a nuke
   * takes may leave a member in debt, what a download costs may not. A leech pays nothing for a
   * download: nothing is recorded.
   */
  z.object({ type: z.literal('ledger.debit'), section, bytes, cause, mayOwe: z.boolean() }),
  /** Undoes `bytes` of a line (all that is left of it when not said); refused beyond that. */
  z.object({
    type: z.literal('ledger.reverse'),
    line: z.number().int().nonnegative(),
    bytes: bytes.optional(),
    cause,
  }),
  z.object({ type: z.literal('ledger.set-ratio'), section, ratio: z.number().min(0).max(1_000) }),
  z.object({
    type: z.literal('ledger.set-allotment'),
    section,
    bytes: bytes.nullable(),
  }),
  /** The host's own, on each Saturday at 00:00 UTC, as glFTPd does. */
  z.object({ type: z.literal('ledger.allot') }),
])

export type LedgerCommand = z.output<typeof ledgerCommands>

export const LEDGER_REFUSALS = {
  /** Fields `section`, `needBytes`, `haveBytes`. */
  insufficientCredits: 'insufficient-credits',
  noSuchLine: 'no-such-line',
  /** Fields `line`, `leftBytes`. */
  alreadyReversed: 'already-reversed',
  tooManySections: 'too-many-sections',
  /** The balance would go beyond `balanceBytesMax`, on either side. Field `section`. */
  balanceTooLarge: 'balance-too-large',
} as const

/** The section whose ratio and balance count where a section has none of its own. */
export const DEFAULT_SECTION = 'default'
export const DEFAULT_RATIO = 3
export const LEDGER_LIMITS = {
  sections: 100,
  linesKept: 2_000,
  /** So that sums stay exact. */
  balanceBytesMax: 2 ** 52,
} as const

export interface LedgerLine {
  section: string
  /** What is left of it after reversals. */
  bytes: number
  isCredit: boolean
  cause: LedgerCause
}

/** State value: `open` from the beginning. */
export interface LedgerContext {
  /** Section to credits, which may be below 0. */
  balances: Record<string, number>
  /** Section to credits per byte; `DEFAULT_SECTION` for the others. */
  ratios: Record<string, number>
  /** Section to the weekly allotment in bytes. */
  allotments: Record<string, number>
  /** When the next allotment is due, by the last fact's time; 0: none is set. */
  nextAllotmentMs: number
  /** Lines that can be reversed, by number: those among the last `linesKept` facts. */
  lines: Record<number, LedgerLine>
  /** The number of the next line. */
  nextLine: number
}

/** The ratio that counts in a section. */
export function ratioIn(context: Pick<LedgerContext, 'ratios'>, section: string): number {
  return (
    entryOf(context.ratios, section) ?? entryOf(context.ratios, DEFAULT_SECTION) ?? DEFAULT_RATIO
  )
}

/**
 * Where the credits of a section are kept: in its own balance if it has a ratio, an allotment or
 * credits of its own, else in the default one. The commands name the balance that they mean, so
 * whoever earns or pays for a file in a section asks here first.
 */
export function balanceOf(
  { balances, ratios, allotments }: Readonly<LedgerContext>,
  section: string,
): { readonly section: string; readonly bytes: number } {
  const hasOwn = [balances, ratios, allotments].some((each) => Object.hasOwn(each, section))
  const kept = hasOwn ? section : DEFAULT_SECTION
  return { section: kept, bytes: entryOf(balances, kept) ?? 0 }
}
