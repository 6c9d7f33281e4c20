import type { Clock } from '#events/clock.ts'

import { auditQueries } from '#projections/audit-trail/audit-trail.queries.ts'
import { connectionQueries } from '#projections/connections/connections.queries.ts'
import type { Database } from '#projections/kernel/database.ts'
import { memberQueries } from '#projections/member-totals/member-totals.queries.ts'
import { raceQueries } from '#projections/race-board/race-board.queries.ts'
import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type { ReadModels } from '#projections/read-models.ts'

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
    ...memberQueries(models, clock),
    ...connectionQueries(models),
    ...auditQueries(models),
  }
}
