import { defineTable, int8, nullable, type RowOf, text } from '#projections/kernel/define-table.ts'

/** One row for each nuke, by the id of its fact; it stays when it is undone. */
export const nukes = defineTable(
  'nukes',
  {
    race_id: text,
    nuke: text,
    /** What the release was called then. */
    name: text,
    nuker: text,
    at: int8,
    /** Of its fact: unlike times, no two are equal. */
    position: int8,
    multiplier: int8,
    reason: text,
    files: int8,
    size_bytes: int8,
    unnuker: nullable(text),
    unnuked_at: nullable(int8),
    unnuked_position: nullable(int8),
    unnuke_reason: nullable(text),
  },
  ['race_id', 'nuke'],
  [
    { name: 'nukes_newest', on: '(position)' },
    { name: 'nukes_unnuked', on: '(unnuked_position)' },
  ],
)

/** Whose files were nuked. */
export const nukees = defineTable(
  'nukees',
  { nuke: text, member: text, group: text, files: int8, size_bytes: int8 },
  ['nuke', 'member'],
  [{ name: 'nukees_member', on: '(member)' }],
)

export interface NukesTables {
  nukes: RowOf<typeof nukes.columns>
  nukees: RowOf<typeof nukees.columns>
}
