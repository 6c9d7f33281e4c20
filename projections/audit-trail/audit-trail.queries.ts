import { type ExpressionBuilder } from 'kysely'
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/postgres'

import { decodeCursor, pageLimit, pageOf } from '#projections/kernel/cursor.ts'
import { storableText } from '#projections/kernel/storable-text.ts'
import {
  currentPosition,
  type ReadModelDatabase,
  type ReadModelTables,
} from '#projections/read-model-database.ts'
import type { AuditEntry, AuditQuery, Page } from '#projections/read-models.ts'

/** What cursors are of, by the order that they go on in. */
const LISTS = { newest: 'audit', oldest: 'audit-oldest' } as const

export interface AuditQueries {
  audit(query: AuditQuery): Promise<Page<AuditEntry>>
}

export function auditQueries(db: ReadModelDatabase): AuditQueries {
  return {
    async audit(query) {
      const limit = pageLimit(query.limit)
      const list = LISTS[query.order ?? 'newest']
      const cursor = query.cursor === undefined ? undefined : decodeCursor(list, query.cursor)
      const { rows, position } = await db
        .selectNoFrom((eb) => {
          const found = entries(eb, query, cursor).limit(limit + 1)
          return [jsonArrayFrom(found).as('rows'), currentPosition(eb).as('position')]
        })
        .executeTakeFirstOrThrow()
      return { ...pageOf(list, rows, limit, (entry) => entry.position), position }
    },
  }
}

function entries(
  eb: ExpressionBuilder<ReadModelTables, never>,
  query: AuditQuery,
  cursor: number | undefined,
) {
  const equals = [
    ['stream', query.stream],
    ['kind', query.kind],
    ['by', query.member],
    ['subject', query.subject],
    ['command_id', query.commandId],
    ['correlation_id', query.correlationId],
  ] as const
  let found = eb
    .selectFrom('audit_trail')
    .select(['position', 'at', 'stream', 'version', 'type', 'by', 'subject', 'connection'])
    .select(['command_id as commandId', 'correlation_id as correlationId'])
    .select('causation_id as causationId')
    .select((inner) => jsonObjectFrom(originIn(inner)).as('origin'))
    .orderBy('position', query.order === 'oldest' ? 'asc' : 'desc')
  for (const [column, value] of equals) {
    if (value !== undefined) found = found.where(column, '=', storableText(value))
  }
  if (query.gateway !== undefined) {
    const gateway = storableText(query.gateway)
    found = found.where('connection', 'in', (inner) =>
      inner.selectFrom('origins').select('origin').where('gateway', '=', gateway),
    )
  }
  if (query.since !== undefined) found = found.where('at', '>=', query.since)
  if (query.until !== undefined) found = found.where('at', '<=', query.until)
  if (query.type !== undefined) found = found.where('type', ...typeLike(query.type))
  if (query.after !== undefined) found = found.where('position', '>', query.after)
  if (query.before !== undefined) found = found.where('position', '<', query.before)
  if (cursor === undefined) return found
  return found.where('position', query.order === 'oldest' ? '>' : '<', cursor)
}

/** By what a fact came in. */
function originIn(eb: ExpressionBuilder<ReadModelTables, 'audit_trail'>) {
  return eb
    .selectFrom('origins')
    .whereRef('origins.origin', '=', 'audit_trail.connection')
    .select(['origins.gateway', 'origins.account', 'origins.method', 'origins.remote'])
}

function typeLike(pattern: string): ['=' | 'like', string] {
  const text = storableText(pattern)
  if (!/[*?]/.test(text)) return ['=', text]
  const escaped = text.replaceAll(/[\\%_]/g, '\\$&')
  return ['like', escaped.replaceAll('*', '%').replaceAll('?', '_')]
}
