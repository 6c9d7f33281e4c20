import { defineTable, int8, type RowOf, text } from '#projections/kernel/define-table.ts'

/** One row for each account and each address that was locked and is not cleared. */
export const lockouts = defineTable(
  'lockouts',
  {
    /** Id of the lockout actor: `account_<account>` or `address_<tag>`. */
    lockout: text,
    locked_at: int8,
    /** The lock is over then, with no fact of its own. */
    until: int8,
    failures: int8,
  },
  ['lockout'],
  [{ name: 'lockouts_until', on: '(until)' }],
)

export interface LockoutsTables {
  lockouts: RowOf<typeof lockouts.columns>
}
