import { sql } from 'kysely'

import type { Clock } from '#events/clock.ts'

import { storableText } from '#projections/kernel/storable-text.ts'
import { byDirection, PERIODS } from '#projections/member-totals/member-totals.queries.ts'
import { ALL_SECTIONS } from '#projections/member-totals/member-totals.tables.ts'
import { periodStarts } from '#projections/member-totals/period-starts.ts'
import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type { RankedTotals, RankingQuery, TransferModels } from '#projections/transfer-models.ts'

export type RankingQueries = Omit<TransferModels, 'member'>

const sums = {
  files: sql<number>`sum(member_totals.files)::int8`.as('files'),
  sizeBytes: sql<number>`sum(member_totals.size_bytes)::int8`.as('sizeBytes'),
  durationMs: sql<number>`sum(member_totals.duration_ms)::int8`.as('durationMs'),
}

export function rankingQueries(db: ReadModelDatabase, clock: Clock): RankingQueries {
  const totals = () =>
    db.selectFrom('member_totals').innerJoin('accounts', 'accounts.account', 'member_totals.member')

  /** Of one period and direction. Who has nothing left of what they transferred is not ranked. */
  const of = ({ period, direction, section = ALL_SECTIONS }: RankingQuery) =>
    totals()
      .where('accounts.standing', '<>', 'purged')
      .where('member_totals.period', '=', period)
      .where('member_totals.starts_at', '=', periodStarts(clock.now())[period])
      .where('member_totals.direction', '=', direction)
      .where('member_totals.section', '=', storableText(section))

  return {
    async traffic(section = ALL_SECTIONS) {
      const starts = periodStarts(clock.now())
      const rows = await db
        .selectFrom('member_totals')
        .where('section', '=', storableText(section))
        .where((where) =>
          where.or(PERIODS.map((period) => where.and({ period, starts_at: starts[period] }))),
        )
        .select(['direction', 'period', sums.files, sums.sizeBytes, sums.durationMs])
        .groupBy(['direction', 'period'])
        .execute()
      return byDirection(rows)
    },

    async topMembers(query): Promise<readonly RankedTotals[]> {
      const { limit, group } = query
      let found = of(query)
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

    async topGroups(query): Promise<readonly RankedTotals[]> {
      const { limit, group } = query
      let found = of(query)
        .select(['accounts.group as name', 'accounts.group as group'])
        .select([sums.files, sums.sizeBytes, sums.durationMs])
        .groupBy('accounts.group')
        .having(sql<boolean>`sum(member_totals.size_bytes) > 0`)
        .orderBy('sizeBytes', 'desc')
        .orderBy('accounts.group')
        .limit(limit)
      if (group !== undefined) {
        const name = storableText(group.toLowerCase())
        found = found.where((eb) => eb(eb.fn<string>('lower', ['accounts.group']), '=', name))
      }
      return await found.execute()
    },
  }
}
