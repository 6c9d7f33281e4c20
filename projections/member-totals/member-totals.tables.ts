import { bool, defineTable, int8, type RowOf, text } from '#projections/kernel/define-table.ts'

/** The rows that hold the sums over all sections: no section has this name. */
export const ALL_SECTIONS = ''

/**
 * What a member has transferred in one period, by section, and over all of them: so every ranking
 * is one query of the same index, whatever it is of.
 */
export const memberTotals = defineTable(
  'member_totals',
  {
    member: text,
    /** Where the release was then; `''`: the sum over all sections. */
    section: text,
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
  ['member', 'section', 'direction', 'period', 'starts_at'],
  // Without the figures: rows that grow with each file then need no write to it.
  [{ name: 'member_totals_rankings', on: '(section, direction, period, starts_at)' }],
)

/** Where each release is, or was when it was removed: a download may end after that. */
export const raceSections = defineTable('race_sections', { race_id: text, section: text }, [
  'race_id',
])

/**
 * The uploads that are there, so that one whose file is deleted or turns out bad is taken back
 * from the periods that it was added to. Those that do not count yet do when they are published.
 */
export const memberUploads = defineTable(
  'member_uploads',
  {
    race_id: text,
    file: text,
    member: text,
    size_bytes: int8,
    duration_ms: int8,
    /** When it was added to the totals: at its upload, or when it was published. */
    at: int8,
    /** The one that it was added to; `''` where none is known. */
    section: text,
    counted: bool,
  },
  ['race_id', 'file'],
)

export interface MemberTotalsTables {
  race_sections: RowOf<typeof raceSections.columns>
  member_totals: RowOf<typeof memberTotals.columns>
  member_uploads: RowOf<typeof memberUploads.columns>
}
