import { sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'

import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type { Nuke, ReadModels } from '#projections/read-models.ts'

export type NukeQueries = Pick<ReadModels, 'nukes' | 'topNukees'>

const SHOWN_MAX = 1_000

export function nukeQueries(db: ReadModelDatabase): NukeQueries {
  return {
    async nukes({ isUndone, limit }): Promise<readonly Nuke[]> {
      const order = isUndone ? 'nukes.unnuked_position' : 'nukes.position'
      return await db
        .selectFrom('nukes')
        .innerJoin('race_board', 'race_board.race_id', 'nukes.race_id')
        .where('nukes.unnuked_at', isUndone ? 'is not' : 'is', null)
        .select((eb) => [
          'nukes.race_id as race',
          'race_board.section',
          'race_board.release',
          'nukes.name',
          'nukes.nuker',
          'nukes.at',
          'nukes.multiplier',
          'nukes.reason',
          'nukes.files',
          'nukes.size_bytes as sizeBytes',
          'nukes.unnuker',
          'nukes.unnuked_at as unnukedAt',
          'nukes.unnuke_reason as unnukeReason',
          jsonArrayFrom(
            eb
              .selectFrom('nukees')
              .whereRef('nukees.nuke', '=', 'nukes.nuke')
              .select(['nukees.member', 'nukees.group', 'nukees.files'])
              .select('nukees.size_bytes as sizeBytes')
              .orderBy('nukees.size_bytes', 'desc')
              .orderBy('nukees.member'),
          ).as('nukees'),
        ])
        .orderBy(order, 'desc')
        .limit(Math.min(limit, SHOWN_MAX))
        .execute()
    },

    async topNukees(limit) {
      return await db
        .selectFrom('nukees')
        .innerJoin('nukes', 'nukes.nuke', 'nukees.nuke')
        .where('nukes.unnuked_at', 'is', null)
        .select([
          'nukees.member',
          sql<number>`count(*)::int8`.as('nukes'),
          sql<number>`sum(nukees.files)::int8`.as('files'),
          sql<number>`sum(nukees.size_bytes)::int8`.as('sizeBytes'),
          sql<number>`max(nukes.at)::int8`.as('lastAt'),
        ])
        .groupBy('nukees.member')
        .orderBy('nukes', 'desc')
        .orderBy('sizeBytes', 'desc')
        .orderBy('nukees.member')
        .limit(Math.min(limit, SHOWN_MAX))
        .execute()
    },
  }
}
