import { defineTable, int8, type RowOf, text } from '#projections/kernel/define-table.ts'

/** What a member has transferred in one period. */
export const memberTotals = defineTable(
  'member_totals',
  {
    member: text,
    /** `up` or `down`. */
    direction: text,
    /** `all`, `month`, `week` or `day`. */
    period: text,
    /** When the period began; 0 for `all`. */
    starts_at: int8,
    files: int8,
    size_bytes: int8,
    duration_ms: int8,
  },
  ['member', 'direction', 'period', 'starts_at'],
)

/**
 * The uploads that the totals hold, so that one whose file is deleted or turns out bad is
 * taken back from the periods that it was added to.
 */
export const memberUploads = defineTable(
  'member_uploads',
  { race_id: text, file: text, member: text, size_bytes: int8, duration_ms: int8, at: int8 },
  ['race_id', 'file'],
)

export interface MemberTotalsTables {
  member_totals: RowOf<typeof memberTotals.columns>
  member_uploads: RowOf<typeof memberUploads.columns>
}
