import { type ExpressionBuilder } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'

import { decodeCursor, pageLimit, pageOf } from '#projections/kernel/cursor.ts'
import { storableText } from '#projections/kernel/storable-text.ts'
import {
  currentPosition,
  type ReadModelDatabase,
  type ReadModelTables,
} from '#projections/read-model-database.ts'
import type { AuditEntry, AuditQuery, Page } from '#projections/read-models.ts'

const LIST = 'audit'

export interface AuditQueries {
  /** Newest first. */
  audit(query: AuditQuery): Promise<Page<AuditEntry>>
}

export function auditQueries(db: ReadModelDatabase): AuditQueries {
  return {
    async audit(query) {
      const limit = pageLimit(query.limit)
      const before = query.cursor === undefined ? undefined : decodeCursor(LIST, query.cursor)
      const { rows, position } = await db
        .selectNoFrom((eb) => {
          const newest = entries(eb, query, before).limit(limit + 1)
          return [jsonArrayFrom(newest).as('rows'), currentPosition(eb).as('position')]
        })
        .executeTakeFirstOrThrow()
      return { ...pageOf(LIST, rows, limit, (entry) => entry.position), position }
    },
  }
}

function entries(
  eb: ExpressionBuilder<ReadModelTables, never>,
  query: AuditQuery,
  before: number | undefined,
) {
  const equals = [
    ['stream', query.stream],
    ['by', query.member],
    ['type', query.type],
    ['correlation_id', query.correlationId],
  ] as const
  let found = eb
    .selectFrom('audit_trail')
    .select(['position', 'at', 'stream', 'version', 'type', 'by', 'connection'])
    .select('correlation_id as correlationId')
    .orderBy('position', 'desc')
  for (const [column, value] of equals) {
    if (value !== undefined) found = found.where(column, '=', storableText(value))
  }
  if (query.since !== undefined) found = found.where('at', '>=', query.since)
  if (query.until !== undefined) found = found.where('at', '<=', query.until)
  if (before !== undefined) found = found.where('position', '<', before)
  return found
}
