import { defineTable, int8, nullable, type RowOf, text } from '#projections/kernel/define-table.ts'

/** One row for each change of a balance. */
export const ledgerLines = defineTable(
  'ledger_lines',
  {
    account: text,
    /** The fact's version in the ledger's stream. */
    line: int8,
    position: int8,
    at: int8,
    by: nullable(text),
    section: text,
    /** Bytes, below 0 when credits went. */
    change: int8,
    balance_after: int8,
    /** As `LedgerCause` has it, or `allotment`. */
    cause: text,
    cause_fact: nullable(text),
    cause_race: nullable(text),
    cause_file: nullable(text),
    cause_member: nullable(text),
    cause_note: nullable(text),
    /** The line that this one undoes, in part or wholly. */
    reversed_line: nullable(int8),
  },
  ['account', 'line'],
  [{ name: 'ledger_lines_section', on: '(account, section, line)' }],
)

/** One row for each section in which an account has credits or terms of its own. */
export const ledgerBalances = defineTable(
  'ledger_balances',
  {
    account: text,
    section: text,
    balance: int8,
    /** Credits per byte, as a decimal number; null: as in the default section. */
    ratio: nullable(text),
    /** Bytes a week. */
    allotment: nullable(int8),
  },
  ['account', 'section'],
)

export interface LedgerTables {
  ledger_lines: RowOf<typeof ledgerLines.columns>
  ledger_balances: RowOf<typeof ledgerBalances.columns>
}
