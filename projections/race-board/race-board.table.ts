import { defineTable, int8, nullable, type RowOf, text } from '#projections/kernel/define-table.ts'

/** One row for each race: what it is and where it stands. */
export const raceBoard = defineTable(
  'race_board',
  {
    race_id: text,
    section: text,
    release: text,
    /** `open`, `complete` or `removed`. */
    state: text,
    leader: nullable(text),
    created_at: int8,
    /** Position of the race's first fact: unlike times, no two are equal. */
    created_position: int8,
    started_at: nullable(int8),
    completed_at: nullable(int8),
    /** Of the nuke that stands. */
    nuked_at: nullable(int8),
    nuker: nullable(text),
    nuke_multiplier: nullable(int8),
    nuke_reason: nullable(text),
    published_at: nullable(int8),
    published_by: nullable(text),
    /** Position of the race's last fact. */
    position: int8,
  },
  ['race_id'],
  [
    { name: 'race_board_newest', on: '(created_position)' },
    { name: 'race_board_section', on: '(section, created_position)' },
    { name: 'race_board_state', on: '(state, created_position)' },
    // A hash takes names of any length; a btree refuses rows above 2,704 bytes.
    { name: 'race_board_release', on: '(release)', using: 'hash' },
  ],
)

export interface RaceBoardTables {
  race_board: RowOf<typeof raceBoard.columns>
}
