import {
  bool,
  defineTable,
  int8,
  nullable,
  type RowOf,
  text,
} from '#projections/kernel/define-table.ts'

/** One row for each group that there ever was. Limits as in `groupLimits`; null: none. */
export const groups = defineTable(
  'groups',
  {
    /** The name in lower case. */
    group_id: text,
    name: text,
    description: text,
    is_private: bool,
    is_deleted: bool,
    created_at: int8,
    slots: nullable(int8),
    leech_slots: nullable(int8),
    allotment_slots: nullable(int8),
    allotment_bytes_max: nullable(int8),
    logins_max: nullable(int8),
  },
  ['group_id'],
)

/** One row for each slot of a group that an account holds. */
export const groupSlots = defineTable(
  'group_slots',
  {
    group_id: text,
    /** `member`, `leech` or `allotment`. */
    slot: text,
    account: text,
    since: int8,
  },
  ['group_id', 'slot', 'account'],
)

export interface GroupsTables {
  groups: RowOf<typeof groups.columns>
  group_slots: RowOf<typeof groupSlots.columns>
}
