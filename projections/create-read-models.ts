import type { Clock } from '#events/clock.ts'

import { accountQueries } from '#projections/accounts/accounts.queries.ts'
import { auditQueries } from '#projections/audit-trail/audit-trail.queries.ts'
import { connectionQueries } from '#projections/connections/connections.queries.ts'
import { groupQueries } from '#projections/groups/groups.queries.ts'
import type { Database } from '#projections/kernel/database.ts'
import { ledgerQueries } from '#projections/ledger-lines/ledger-lines.queries.ts'
import { lockoutQueries } from '#projections/lockouts/lockouts.queries.ts'
import { memberQueries } from '#projections/member-totals/member-totals.queries.ts'
import { rankingQueries } from '#projections/member-totals/rankings.queries.ts'
import { nukeQueries } from '#projections/nukes/nukes.queries.ts'
import { raceQueries } from '#projections/race-board/race-board.queries.ts'
import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { releaseQueries } from '#projections/releases/releases.queries.ts'
import { requestQueries } from '#projections/requests/requests.queries.ts'
import { sessionQueries } from '#projections/sessions/sessions.queries.ts'

export interface ReadModelsOptions {
  readonly db: Database
  readonly schema: string
  readonly clock: Clock
  /** The runner that keeps them in step. */
  readonly runner: Pick<ReadModels, 'reached'>
}

/** The read models as they stand in Postgres. Every answer comes from one statement. */
export function createReadModels({ db, schema, clock, runner }: ReadModelsOptions): ReadModels {
  const models: ReadModelDatabase = db.withSchema(schema)
  return {
    reached: (position, timeoutMs) => runner.reached(position, timeoutMs),
    ...raceQueries(models),
    ...releaseQueries(models),
    ...accountQueries(models, clock),
    ...memberQueries(models, clock),
    ...rankingQueries(models, clock),
    ...groupQueries(models),
    ...nukeQueries(models),
    ...requestQueries(models),
    ...ledgerQueries(models),
    ...connectionQueries(models),
    ...sessionQueries(models, clock),
    ...lockoutQueries(models, clock),
    ...auditQueries(models),
  }
}
