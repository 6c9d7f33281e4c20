import type { Clock, Ids } from '#events/clock.ts'

import { migrateFromFormat1 } from '#infra/lmdb/migrate-format-1.ts'
import { assertFormat, FORMAT, type LogTables, openTables } from '#infra/lmdb/tables.ts'

export interface OpenLogOptions {
  readonly path: string
  readonly clock: Clock
  readonly ids: Ids
  readonly isDurable?: boolean
}

/** Opens a log's file to write to it: makes it when it is new, and brings an old one up to date. */
export function openForWriting({ path, clock, ids, isDurable = true }: OpenLogOptions): LogTables {
  const tables = openTables({ path, isDurable })
  const format = tables.info.get('format')
  if (format === undefined) {
    tables.env.transactionSync(() => {
      void tables.info.put('id', ids.next())
      void tables.info.put('format', FORMAT)
    })
  } else if (format === 1) migrateFromFormat1(tables, clock, ids)
  assertFormat(tables, path)
  return tables
}

/** Opens a log's file to read it, beside the process that writes it. */
export function openForReading(path: string): LogTables {
  const tables = openTables({ path, readOnly: true })
  assertFormat(tables, path)
  return tables
}
