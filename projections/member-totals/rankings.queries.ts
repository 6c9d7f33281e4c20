import { sql } from 'kysely'

import type { Clock } from '#events/clock.ts'

import { storableText } from '#projections/kernel/storable-text.ts'
import { byPeriod, PERIODS } from '#projections/member-totals/member-totals.queries.ts'
import { periodStarts } from '#projections/member-totals/period-starts.ts'
import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type { RankedTotals, ReadModels } from '#projections/read-models.ts'

export type RankingQueries = Pick<ReadModels, 'traffic' | 'topMembers' | 'topGroups'>

const sums = {
  files: sql<number>`sum(member_totals.files)::int8`.as('files'),
  sizeBytes: sql<number>`sum(member_totals.size_bytes)::int8`.as('sizeBytes'),
  durationMs: sql<number>`sum(member_totals.duration_ms)::int8`.as('durationMs'),
}

export function rankingQueries(db: ReadModelDatabase, clock: Clock): RankingQueries {
  const totals = () =>
    db.selectFrom('member_totals').innerJoin('accounts', 'accounts.account', 'member_totals.member')

  /** Of one period and direction. Who has nothing left of what they transferred is not ranked. */
  const of = (period: keyof ReturnType<typeof periodStarts>, direction: string) =>
    totals()
      .where('accounts.standing', '<>', 'purged')
      .where('member_totals.period', '=', period)
      .where('member_totals.starts_at', '=', periodStarts(clock.now())[period])
      .where('member_totals.direction', '=', direction)

  return {
    async traffic() {
      const starts = periodStarts(clock.now())
      const rows = await db
        .selectFrom('member_totals')
        .where((where) =>
          where.or(PERIODS.map((period) => where.and({ period, starts_at: starts[period] }))),
        )
        .select(['direction', 'period', sums.files, sums.sizeBytes, sums.durationMs])
        .groupBy(['direction', 'period'])
        .execute()
      return { up: byPeriod(rows, 'up'), down: byPeriod(rows, 'down') }
    },

    async topMembers({ period, direction, limit, group }): Promise<readonly RankedTotals[]> {
      let found = of(period, direction)
        .where('member_totals.size_bytes', '>', 0)
        .select(['accounts.name', 'accounts.group', 'member_totals.files'])
        .select([
          'member_totals.size_bytes as sizeBytes',
          'member_totals.duration_ms as durationMs',
        ])
        .orderBy('member_totals.size_bytes', 'desc')
        .orderBy('accounts.account')
        .limit(limit)
      if (group !== undefined) {
        found = found.where('accounts.account', 'in', (inner) =>
          inner
            .selectFrom('account_groups')
            .select('account_groups.account')
            .where('group_id', '=', storableText(group.toLowerCase())),
        )
      }
      return await found.execute()
    },

    async topGroups({ period, direction, limit }): Promise<readonly RankedTotals[]> {
      return await of(period, direction)
        .select(['accounts.group as name', 'accounts.group as group'])
        .select([sums.files, sums.sizeBytes, sums.durationMs])
        .groupBy('accounts.group')
        .having(sql<boolean>`sum(member_totals.size_bytes) > 0`)
        .orderBy('sizeBytes', 'desc')
        .orderBy('accounts.group')
        .limit(limit)
        .execute()
    },
  }
}
