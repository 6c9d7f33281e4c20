import { jsonArrayFrom } from 'kysely/helpers/postgres'

import type { Clock } from '#events/clock.ts'

import { storableText } from '#projections/kernel/storable-text.ts'
import { ALL_SECTIONS } from '#projections/member-totals/member-totals.tables.ts'
import { periodStarts } from '#projections/member-totals/period-starts.ts'
import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type {
  MemberDetail,
  Period,
  TotalsByPeriod,
  TransferTotals,
} from '#projections/transfer-models.ts'

export const PERIODS: readonly Period[] = ['all', 'month', 'week', 'day']

export interface MemberQueries {
  /** With the totals of the periods that are now. Purged accounts are no members any more. */
  member(id: string): Promise<MemberDetail | undefined>
}

export interface Total extends TransferTotals {
  readonly direction: string
  readonly period: string
}

export function memberQueries(db: ReadModelDatabase, clock: Clock): MemberQueries {
  return {
    async member(id) {
      const starts = periodStarts(clock.now())
      const found = await db
        .selectFrom('accounts')
        .where('account', '=', storableText(id))
        .where('standing', '<>', 'purged')
        .select((eb) => [
          'account as id',
          'name',
          'group',
          'flags',
          'created_at as createdAt',
          'last_seen_at as lastSeenAt',
          jsonArrayFrom(
            eb
              .selectFrom('member_totals')
              .whereRef('member_totals.member', '=', 'accounts.account')
              .where((where) =>
                where.or(PERIODS.map((period) => where.and({ period, starts_at: starts[period] }))),
              )
              .select([
                'section',
                'direction',
                'period',
                'files',
                'size_bytes as sizeBytes',
                'duration_ms as durationMs',
              ]),
          ).as('totals'),
        ])
        .executeTakeFirst()
      if (!found) return undefined
      const { totals, ...member } = found
      const { [ALL_SECTIONS]: sum = [], ...own } = Object.groupBy(totals, (each) => each.section)
      const names = Object.keys(own).toSorted()
      const sections = names.map((section) => ({ section, ...byDirection(own[section]!) }))
      return { ...member, ...byDirection(sum), sections }
    },
  }
}

export function byDirection(totals: readonly Total[]): TotalsByPeriod {
  return { up: byPeriod(totals, 'up'), down: byPeriod(totals, 'down') }
}

function byPeriod(totals: readonly Total[], direction: 'up' | 'down') {
  const entries = PERIODS.map((period) => {
    const total = totals.find((each) => each.period === period && each.direction === direction)
    const { files, sizeBytes, durationMs } = total ?? { files: 0, sizeBytes: 0, durationMs: 0 }
    return [period, { files, sizeBytes, durationMs }] as const
  })
  return Object.fromEntries(entries) as Record<Period, TransferTotals>
}
