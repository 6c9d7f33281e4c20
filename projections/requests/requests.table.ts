import { defineTable, int8, nullable, type RowOf, text } from '#projections/kernel/define-table.ts'

/** One row for each thing that was asked for; who asks for it again has it anew. */
export const requests = defineTable(
  'requests',
  {
    request: text,
    name: text,
    section: nullable(text),
    /** `open`, `filled` or `withdrawn`. */
    state: text,
    made_by: text,
    made_at: int8,
    /** Of its fact: unlike times, no two are equal. */
    made_position: int8,
    ended_by: nullable(text),
    ended_at: nullable(int8),
    /** Of the release that fills it, where that was said. */
    path: nullable(text),
  },
  ['request'],
  [{ name: 'requests_state', on: '(state, made_position)' }],
)

export interface RequestsTables {
  requests: RowOf<typeof requests.columns>
}
