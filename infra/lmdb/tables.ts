import type { Database, RootDatabase } from 'lmdb'

import { LogUnavailable } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'

import { openEnvironment } from '#infra/lmdb/environment.ts'
import { decodeFact } from '#infra/lmdb/record.ts'

/** The log, and beside it what can be made again from it. */
export interface LogTables {
  readonly env: RootDatabase
  /** position -> fact as JSON */
  readonly log: Database<string, number>
  /** fact id (16 bytes) -> position */
  readonly ids: Database<number, Buffer>
  /** stream name -> its number in the index */
  readonly streams: Database<number, string>
  /** [stream number, first version] -> [first position, count] of one append */
  readonly byStream: Database<[number, number], [number, number]>
  /** [kind, first position] -> count of one append */
  readonly byKind: Database<number, [string, number]>
  /** stream name -> metadata as JSON */
  readonly metadata: Database<string, string>
  /** `format`: version of this layout; `indexed`: position up to which the index is filed */
  readonly info: Database<number, string>
}

const FORMAT = 1

export interface OpenTablesOptions {
  readonly path: string
  readonly readOnly?: boolean
  /** Whether a commit waits for the disk. */
  readonly isDurable?: boolean
}

/** Opens the log's file, or throws `LogUnavailable` for one of another layout. */
export function openTables(options: OpenTablesOptions): LogTables {
  const { path, readOnly = false, isDurable = true } = options
  const env = openEnvironment({ path, readOnly, noSync: !isDurable })
  const tables: LogTables = {
    env,
    log: env.openDB({ name: 'log', encoding: 'string' }),
    ids: env.openDB({ name: 'ids', keyEncoding: 'binary', encoding: 'ordered-binary' }),
    streams: env.openDB({ name: 'streams', encoding: 'ordered-binary' }),
    byStream: env.openDB({ name: 'by-stream', encoding: 'ordered-binary' }),
    byKind: env.openDB({ name: 'by-kind', encoding: 'ordered-binary' }),
    metadata: env.openDB({ name: 'metadata', encoding: 'string' }),
    info: env.openDB({ name: 'info', encoding: 'ordered-binary' }),
  }
  const format = tables.info.get('format')
  if (format === undefined && !readOnly) tables.info.putSync('format', FORMAT)
  else if (format !== FORMAT) {
    void env.close()
    throw new LogUnavailable(`the log at ${path} has layout ${format}, this veza reads ${FORMAT}`)
  }
  return tables
}

/** The 16 bytes of a UUID. */
export function idKey(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

/** The last position in the file, or 0. */
export function lastPosition({ log }: LogTables): number {
  for (const position of log.getKeys({ reverse: true, limit: 1 })) return position
  return 0
}

/** The fact at a position that is known to be in the log. */
export function readFact({ log }: LogTables, position: number): Fact {
  const text = log.get(position)
  if (text === undefined) throw new LogUnavailable(`the log has no fact at position ${position}`)
  return decodeFact(position, text)
}
