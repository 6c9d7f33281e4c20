import { DEFAULT_SECTION } from '#actors/ledger/ledger.commands.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

/** What downloads cost on a site that has credits. */
export interface CreditRules {
  /** Credits that a byte of a download costs: glFTPd's creditloss. */
  lossIn(section: string): number
}

const LOSS_MAX = 1_000

/**
 * Reads `default=1 MP3=0.5`: for each section what a byte costs, `default` for the others, 1
 * when nothing is said. Throws the refusal `malformed-credit-loss` (field `item`).
 */
export function readCreditRules(text: string): CreditRules {
  const losses: Record<string, number> = {}
  for (const item of text.split(/[\s,]+/).filter(Boolean)) {
    const match = /^([^=]{1,64})=(\d{1,4}(?:\.\d{1,6})?)$/.exec(item)
    const loss = Number(match?.[2])
    if (!match || loss > LOSS_MAX) {
      const words = `"${item}" does not say what a section's downloads cost, as in default=1.`
      throw new Refusal('malformed-credit-loss', words, { item })
    }
    losses[match[1]!] = loss
  }
  const other = entryOf(losses, DEFAULT_SECTION) ?? 1
  return { lossIn: (section) => entryOf(losses, section) ?? other }
}
