import type { GroupLimits } from '#events/group.facts.ts'

import { groups, groupSlots } from '#projections/groups/groups.tables.ts'
import { defineProjection } from '#projections/kernel/define-projection.ts'
import { put, remove, update } from '#projections/kernel/writes.ts'
import { idOf } from '#projections/stream-id.ts'

/** As `NEW_GROUP_LIMITS` of the actor has them, until the group's facts say otherwise. */
const NEW_LIMITS = {
  slots: 0,
  leech_slots: 0,
  allotment_slots: 0,
  allotment_bytes_max: null,
  logins_max: null,
}

const LIMIT_COLUMNS = {
  slots: 'slots',
  leechSlots: 'leech_slots',
  allotmentSlots: 'allotment_slots',
  allotmentBytesMax: 'allotment_bytes_max',
  loginsMax: 'logins_max',
} as const satisfies Record<keyof GroupLimits, string>

export const groupsProjection = defineProjection({
  name: 'groups',
  version: 1,
  tables: [groups, groupSlots],
  on: {
    'group.created': (fact) => {
      const flags = { is_private: false, is_deleted: false }
      const what = { name: fact.data.name, description: '', created_at: fact.meta.at }
      return [put(groups, { group_id: idOf(fact), ...what, ...flags, ...NEW_LIMITS })]
    },
    'group.described': (fact) => [
      update(groups, { group_id: idOf(fact) }, { description: fact.data.description }),
    ],
    'group.limits-set': (fact) => {
      const set: Partial<Record<(typeof LIMIT_COLUMNS)[keyof GroupLimits], number | null>> = {}
      for (const limit of Object.keys(LIMIT_COLUMNS) as (keyof GroupLimits)[]) {
        const value = fact.data[limit]
        if (value !== undefined) set[LIMIT_COLUMNS[limit]] = value
      }
      return Object.keys(set).length === 0 ? [] : [update(groups, { group_id: idOf(fact) }, set)]
    },
    'group.privacy-set': (fact) => [
      update(groups, { group_id: idOf(fact) }, { is_private: fact.data.isPrivate }),
    ],
    'group.slot-taken': (fact) => {
      const { account, slot } = fact.data
      return [put(groupSlots, { group_id: idOf(fact), slot, account, since: fact.meta.at })]
    },
    'group.slot-freed': (fact) => {
      const { account, slot } = fact.data
      return [remove(groupSlots, { group_id: idOf(fact), slot, account })]
    },
    'group.deleted': (fact) => [update(groups, { group_id: idOf(fact) }, { is_deleted: true })],
    'group.readded': (fact) => [update(groups, { group_id: idOf(fact) }, { is_deleted: false })],
  },
})
