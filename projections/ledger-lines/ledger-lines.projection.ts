import type { Fact } from '#events/fact.ts'
import type { LedgerCause } from '#events/ledger.facts.ts'

import {
  defineProjection,
  type Partition,
  partition,
  type View,
} from '#projections/kernel/define-projection.ts'
import { put, upsert, type Write } from '#projections/kernel/writes.ts'
import { ledgerBalances, ledgerLines } from '#projections/ledger-lines/ledger-lines.tables.ts'
import { idOf } from '#projections/stream-id.ts'

const NO_TERMS = { balance: 0, ratio: null, allotment: null }

/** What a fact does to the balance of a section. */
interface Change {
  readonly section: string
  readonly change: number
  readonly cause: Omit<LedgerCause, 'kind'> & { readonly kind: string }
  readonly reversedLine?: number
}

export const ledgerLinesProjection = defineProjection({
  name: 'ledger-lines',
  version: 1,
  tables: [ledgerLines, ledgerBalances],
  reads: {
    'ledger.credited': balancesOf,
    'ledger.debited': balancesOf,
    'ledger.reversed': balancesOf,
    'ledger.allotted': balancesOf,
  },
  on: {
    'ledger.credited': (fact, view) => {
      const { section, bytes, cause } = fact.data
      return line(fact, view, { section, change: bytes, cause })
    },
    'ledger.debited': (fact, view) => {
      const { section, bytes, cause } = fact.data
      return line(fact, view, { section, change: -bytes, cause })
    },
    'ledger.reversed': (fact, view) => {
      const { section, bytes, cause, wasCredit, line: reversedLine } = fact.data
      return line(fact, view, { section, change: wasCredit ? -bytes : bytes, cause, reversedLine })
    },
    'ledger.allotted': (fact, view) => {
      const { section, bytes } = fact.data
      const change = bytes - balanceIn(fact, view, section)
      return line(fact, view, { section, change, cause: { kind: 'allotment' } })
    },
    'ledger.ratio-set': (fact) => {
      const { section, ratio } = fact.data
      return [upsert(ledgerBalances, keyOf(fact, section), { ratio: String(ratio) }, NO_TERMS)]
    },
    'ledger.allotment-set': (fact) => {
      const { section, bytes: allotment } = fact.data
      return [upsert(ledgerBalances, keyOf(fact, section), { allotment }, NO_TERMS)]
    },
  },
})

const keyOf = (fact: Fact, section: string) => ({ account: idOf(fact), section })

function balancesOf(fact: Fact): readonly Partition[] {
  return [partition(ledgerBalances, idOf(fact))]
}

function balanceIn(fact: Fact, view: View, section: string): number {
  const rows = view.rows(ledgerBalances, idOf(fact))
  return rows.find((row) => row.section === section)?.balance ?? 0
}

function line(fact: Fact, view: View, { section, change, cause, reversedLine }: Change): Write[] {
  const balance = balanceIn(fact, view, section) + change
  const { position, version, meta } = fact
  return [
    put(ledgerLines, {
      ...keyOf(fact, section),
      line: version,
      position,
      at: meta.at,
      by: meta.by,
      // A debit of nothing is 0, not -0.
      change: change + 0,
      balance_after: balance,
      cause: cause.kind,
      cause_fact: cause.fact ?? null,
      cause_race: cause.race ?? null,
      cause_file: cause.file ?? null,
      cause_member: cause.member ?? null,
      cause_note: cause.note ?? null,
      reversed_line: reversedLine ?? null,
    }),
    upsert(ledgerBalances, keyOf(fact, section), { balance }, NO_TERMS),
  ]
}
