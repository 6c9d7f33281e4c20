import { type ExpressionBuilder, sql } from 'kysely'
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/postgres'

import type { Clock } from '#events/clock.ts'

import { storableText } from '#projections/kernel/storable-text.ts'
import { namePage } from '#projections/name-cursor.ts'
import {
  currentPosition,
  type ReadModelDatabase,
  type ReadModelTables,
} from '#projections/read-model-database.ts'
import type {
  AccountDetail,
  AccountsQuery,
  AccountStanding,
  AccountSummary,
} from '#projections/account-models.ts'
import type { Page } from '#projections/read-models.ts'

const LIST = 'accounts'

export interface AccountQueries {
  accounts(query: AccountsQuery): Promise<Page<AccountSummary>>
  account(id: string): Promise<AccountDetail | undefined>
  lastSeen(limit: number): Promise<readonly AccountSummary[]>
}

type Builder = ExpressionBuilder<ReadModelTables, never>

export function accountQueries(db: ReadModelDatabase, clock: Clock): AccountQueries {
  return {
    async accounts(query) {
      const page = namePage(LIST, query)
      const { rows, position } = await db
        .selectNoFrom((eb) => {
          const found = matching(eb, query, clock.now(), page.after).limit(page.rows)
          return [jsonArrayFrom(found).as('rows'), currentPosition(eb).as('position')]
        })
        .executeTakeFirstOrThrow()
      return { ...page.of(rows), position }
    },

    async account(id) {
      const account = storableText(id)
      const { found, groups } = await db
        .selectNoFrom((eb) => [
          jsonObjectFrom(summaries(eb, clock.now()).where('account', '=', account)).as('found'),
          jsonArrayFrom(groupsOf(eb, account)).as('groups'),
        ])
        .executeTakeFirstOrThrow()
      return found ? { ...found, groups } : undefined
    },

    async lastSeen(limit) {
      const { rows } = await db
        .selectNoFrom((eb) => {
          const found = summaries(eb, clock.now())
            .where('standing', '=', 'active')
            .where('last_seen_at', 'is not', null)
            .orderBy('last_seen_at', 'desc')
            .orderBy('account')
            .limit(limit)
          return [jsonArrayFrom(found).as('rows')]
        })
        .executeTakeFirstOrThrow()
      return rows
    },
  }
}

function matching(eb: Builder, query: AccountsQuery, now: number, after: string | undefined) {
  const { group, role, standing, search } = query
  let found = summaries(eb, now).orderBy('account')
  if (after !== undefined) found = found.where('account', '>', after)
  if (role !== undefined) found = found.where('role', '=', role)
  if (standing !== undefined) found = found.where('standing', '=', standing)
  if (search !== undefined) {
    const prefix = storableText(search.toLowerCase())
    found = found.where(sql<boolean>`starts_with(account, ${prefix})`)
  }
  if (group === undefined) return found
  return found.where('account', 'in', (inner) =>
    inner
      .selectFrom('account_groups')
      .select('account_groups.account')
      .where('group_id', '=', storableText(group.toLowerCase())),
  )
}

function summaries(eb: Builder, now: number) {
  return eb
    .selectFrom('accounts')
    .select(['account as id', 'name', 'group', 'flags', 'tagline', 'comment'])
    .select(['is_active as isActive', 'has_mfa as hasMfa', 'is_forgotten as isForgotten'])
    .select(['expires_at as expiresAt', 'created_at as createdAt', 'added_by as addedBy'])
    .select(['last_seen_at as lastSeenAt', 'banned_until as bannedUntil'])
    .select((inner) => [
      sql<AccountSummary['role']>`role`.as('role'),
      sql<AccountStanding>`standing`.as('standing'),
      sql<boolean>`is_banned and coalesce(banned_until > ${now}::int8, true)`.as('isBanned'),
      inner
        .selectFrom('origins')
        .whereRef('origins.origin', '=', 'accounts.last_origin')
        .select('origins.gateway')
        .$asScalar()
        .as('lastGateway'),
    ])
}

function groupsOf(eb: Builder, account: string) {
  return eb
    .selectFrom('account_groups')
    .where('account', '=', account)
    .select(['group_id as id', 'group as name', 'is_admin as isAdmin', 'since'])
    .orderBy('since')
    .orderBy('group_id')
}
