import { sql } from 'kysely'

import { storableText } from '#projections/kernel/storable-text.ts'
import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type { MadeRequest, ReadModels, RequestState } from '#projections/read-models.ts'

const SHOWN_MAX = 1_000

export function requestQueries(db: ReadModelDatabase): Pick<ReadModels, 'requests'> {
  return {
    async requests({ state, member, limit }): Promise<readonly MadeRequest[]> {
      let found = db
        .selectFrom('requests')
        .where('state', '=', state)
        .select(['request as id', 'name', 'section', 'path'])
        .select(sql<RequestState>`state`.as('state'))
        .select(['made_by as madeBy', 'made_at as madeAt'])
        .select(['ended_by as endedBy', 'ended_at as endedAt'])
      if (member !== undefined) found = found.where('made_by', '=', storableText(member))
      const newest = found.orderBy('made_position', 'desc')
      return await newest.limit(Math.min(limit, SHOWN_MAX)).execute()
    },
  }
}
