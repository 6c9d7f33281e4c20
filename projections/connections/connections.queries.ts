import { jsonObjectFrom } from 'kysely/helpers/postgres'

import type { ReadModelDatabase } from '#projections/read-model-database.ts'
import type { OpenConnection } from '#projections/read-models.ts'

export interface ConnectionQueries {
  connections(): Promise<readonly OpenConnection[]>
}

export function connectionQueries(db: ReadModelDatabase): ConnectionQueries {
  return {
    connections: () =>
      db
        .selectFrom('connections')
        .select((eb) => [
          'connection as id',
          'gateway',
          'node',
          'secured',
          'member',
          'group',
          'method',
          'remote',
          'opened_at as openedAt',
          jsonObjectFrom(
            eb
              .selectFrom('running_uploads')
              .whereRef('running_uploads.connection', '=', 'connections.connection')
              .select(['race_id as race', 'file', 'upload_id as uploadId'])
              .orderBy('position', 'desc')
              .limit(1),
          ).as('upload'),
        ])
        .orderBy('opened_at')
        .orderBy('connection')
        .execute(),
  }
}
