import { defineTable, int8, nullable, type RowOf, text } from '#projections/kernel/define-table.ts'

/** One row for each connection and each HTTP session that there ever was. */
export const origins = defineTable(
  'origins',
  {
    /** Id of the connection or of the session. */
    origin: text,
    gateway: text,
    /** Null until somebody logs in by it. */
    account: nullable(text),
    method: nullable(text),
    /** Sealed with the account's key, field `remote`. */
    remote: nullable(text),
    opened_at: int8,
    ended_at: nullable(int8),
    end_reason: nullable(text),
  },
  ['origin'],
  [{ name: 'origins_gateway', on: '(gateway)' }],
)

export interface OriginsTables {
  origins: RowOf<typeof origins.columns>
}
