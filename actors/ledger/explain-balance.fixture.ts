import type { Fact } from '#events/fact.ts'
import type { LedgerCause, LedgerFact } from '#events/ledger.facts.ts'
import { entryOf } from '#events/records.ts'

/** One line of a member's account book. */
export interface ExplainedLine {
  /** Its number: the version of its fact. */
  readonly line: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly by: string | null
  readonly section: string
  /** Bytes of credits that came (above 0) or went (below 0). */
  readonly change: number
  /** Of the section, after it. */
  readonly balance: number
  readonly cause: LedgerCause | { readonly kind: 'allotment' }
  /** The line that this one undoes, wholly or in part. */
  readonly reverses?: number
}

/** What a fact does to a balance; undefined when nothing, as a ratio that is set. */
interface Effect extends Pick<ExplainedLine, 'section' | 'cause' | 'reverses'> {
  readonly change: number
}

function effectOf(fact: LedgerFact, balanceIn: (section: string) => number): Effect | undefined {
  switch (fact.type) {
    case 'ledger.credited': {
      const { section, bytes, cause } = fact.data
      return { section, change: bytes, cause }
    }
    case 'ledger.debited': {
      const { section, bytes, cause } = fact.data
      return { section, change: -bytes, cause }
    }
    case 'ledger.reversed': {
      const { section, bytes, wasCredit, cause, line } = fact.data
      return { section, change: wasCredit ? -bytes : bytes, cause, reverses: line }
    }
    case 'ledger.allotted': {
      const { section, bytes } = fact.data
      return { section, change: bytes - balanceIn(section), cause: { kind: 'allotment' } }
    }
    case 'ledger.ratio-set':
    case 'ledger.allotment-set':
    // Another program's event in the stream.
    default:
      return undefined
  }
}

/**
 * Explains balances line by line from all facts of one ledger's stream, oldest first. Each balance
 * is the sum of its section's changes.
 */
export function explainBalance(facts: Iterable<Fact>): {
  readonly lines: readonly ExplainedLine[]
  readonly balances: Readonly<Record<string, number>>
} {
  const lines: ExplainedLine[] = []
  const balances: Record<string, number> = {}
  const balanceIn = (section: string) => entryOf(balances, section) ?? 0
  for (const fact of facts) {
    const effect = effectOf(fact as LedgerFact, balanceIn)
    if (!effect) continue
    const { version: line, meta } = fact
    const balance = balanceIn(effect.section) + effect.change
    balances[effect.section] = balance
    lines.push({ line, at: meta.at, by: meta.by, ...effect, balance })
  }
  return { lines, balances }
}
