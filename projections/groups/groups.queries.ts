import { type ExpressionBuilder, sql } from 'kysely'
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/postgres'

import type { GroupSlot } from '#events/group.facts.ts'

import { storableText } from '#projections/kernel/storable-text.ts'
import { namePage } from '#projections/name-cursor.ts'
import {
  currentPosition,
  type ReadModelDatabase,
  type ReadModelTables,
} from '#projections/read-model-database.ts'
import type { GroupDetail, GroupsQuery, GroupSummary } from '#projections/account-models.ts'
import type { Page } from '#projections/read-models.ts'

const LIST = 'groups'

/** A group's page names no more of its members; the list of accounts pages through all. */
const MEMBERS_SHOWN = 1_000

export interface GroupQueries {
  groups(query: GroupsQuery): Promise<Page<GroupSummary>>
  group(id: string): Promise<GroupDetail | undefined>
}

type Builder = ExpressionBuilder<ReadModelTables, never>

export function groupQueries(db: ReadModelDatabase): GroupQueries {
  return {
    async groups(query) {
      const page = namePage(LIST, query)
      const { rows, position } = await db
        .selectNoFrom((eb) => {
          let found = summaries(eb).orderBy('groups.group_id').limit(page.rows)
          if (page.after !== undefined) found = found.where('groups.group_id', '>', page.after)
          if (query.withDeleted !== true) found = found.where('groups.is_deleted', '=', false)
          if (query.withPrivate === false) found = found.where('groups.is_private', '=', false)
          return [jsonArrayFrom(found).as('rows'), currentPosition(eb).as('position')]
        })
        .executeTakeFirstOrThrow()
      return { ...page.of(rows.map(toSummary)), position }
    },

    async group(name) {
      const id = storableText(name.toLowerCase())
      const { found, members, slots } = await db
        .selectNoFrom((eb) => [
          jsonObjectFrom(summaries(eb).where('groups.group_id', '=', id)).as('found'),
          jsonArrayFrom(membersOf(eb, id)).as('members'),
          jsonArrayFrom(holdersIn(eb, id)).as('slots'),
        ])
        .executeTakeFirstOrThrow()
      if (!found) return undefined
      const slotsOf = Map.groupBy(slots, ({ account }) => account)
      const withSlots = members.map((member) => {
        const held = slotsOf.get(member.account) ?? []
        return { ...member, slots: held.map(({ slot }) => slot) }
      })
      return { ...toSummary(found), members: withSlots }
    },
  }
}

function summaries(eb: Builder) {
  return eb
    .selectFrom('groups')
    .select(['groups.group_id as id', 'groups.name', 'groups.description'])
    .select(['groups.is_private as isPrivate', 'groups.is_deleted as isDeleted'])
    .select(['groups.created_at as createdAt', 'groups.slots', 'groups.leech_slots as leechSlots'])
    .select(['groups.allotment_slots as allotmentSlots', 'groups.logins_max as loginsMax'])
    .select('groups.allotment_bytes_max as allotmentBytesMax')
    .select((inner) => [
      inner
        .selectFrom('account_groups')
        .innerJoin('accounts', 'accounts.account', 'account_groups.account')
        .whereRef('account_groups.group_id', '=', 'groups.group_id')
        .where('accounts.standing', '=', 'active')
        .select((rows) => rows.fn.countAll<number>().as('count'))
        .$asScalar()
        .$notNull()
        .as('memberCount'),
      ...(['member', 'leech', 'allotment'] as const).map((slot) =>
        inner
          .selectFrom('group_slots')
          .whereRef('group_slots.group_id', '=', 'groups.group_id')
          .where('group_slots.slot', '=', slot)
          .select((rows) => rows.fn.countAll<number>().as('count'))
          .$asScalar()
          .$notNull()
          .as(`${slot}Taken`),
      ),
    ])
}

interface SummaryRow extends GroupSummaryBase {
  readonly slots: number | null
  readonly leechSlots: number | null
  readonly allotmentSlots: number | null
  readonly allotmentBytesMax: number | null
  readonly loginsMax: number | null
  readonly memberTaken: number
  readonly leechTaken: number
  readonly allotmentTaken: number
}
type GroupSummaryBase = Omit<GroupSummary, 'limits' | 'slotsTaken'>

function toSummary(row: SummaryRow): GroupSummary {
  const { slots, leechSlots, allotmentSlots, allotmentBytesMax, loginsMax, ...others } = row
  const { memberTaken: member, leechTaken: leech, allotmentTaken: allotment, ...rest } = others
  return {
    ...rest,
    limits: { slots, leechSlots, allotmentSlots, allotmentBytesMax, loginsMax },
    slotsTaken: { member, leech, allotment },
  }
}

/** Deleted and purged accounts are in no group, whatever they left. */
function membersOf(eb: Builder, id: string) {
  return eb
    .selectFrom('account_groups')
    .innerJoin('accounts', 'accounts.account', 'account_groups.account')
    .where('account_groups.group_id', '=', id)
    .where('accounts.standing', '=', 'active')
    .select(['accounts.account', 'accounts.name', 'account_groups.is_admin as isAdmin'])
    .select('account_groups.since')
    .orderBy('accounts.account')
    .limit(MEMBERS_SHOWN)
}

function holdersIn(eb: Builder, id: string) {
  return eb
    .selectFrom('group_slots')
    .where('group_slots.group_id', '=', id)
    .select(['group_slots.account', sql<GroupSlot>`slot`.as('slot')])
    .orderBy('group_slots.account')
    .orderBy('group_slots.slot')
}
