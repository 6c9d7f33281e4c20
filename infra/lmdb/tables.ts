import type { Database, RootDatabase } from 'lmdb'

import { LogUnavailable } from '#events/event-log.ts'

import type { BlockTable } from '#infra/lmdb/blocks.ts'
import { openEnvironment } from '#infra/lmdb/environment.ts'
import { assertWholeFile } from '#infra/lmdb/file-header.ts'

/** The log, and beside it what can be made again from it. */
export interface LogTables {
  readonly env: RootDatabase
  /** The log: position of a block's first record -> its sealed records */
  readonly blocks: BlockTable
  /** fact id (16 bytes) -> position */
  readonly ids: Database<number, Buffer>
  /** stream name -> its number in the index */
  readonly streams: Database<number, string>
  /** [stream number, first version] -> runs of its facts */
  readonly streamRuns: Database<string, [number, number]>
  /** [kind, first position] -> runs of its facts */
  readonly kindRuns: Database<string, [string, number]>
  /** stream name -> its newest metadata and whether it is tombstoned, as JSON */
  readonly metadata: Database<string, string>
  /**
   * `format`: version of this layout; `id`: the log's name in its chain; `filed`: position up to
   * which kinds and ids are in the index; `streams-filed`: up to which streams are; `newest-id`:
   * the highest fact id in it that begins with a time
   */
  readonly info: Database<number | string, string>
}

/** The layout of today. Before it, 1 kept each fact under a key of its own and had no chain. */
export const FORMAT = 2

export interface OpenTablesOptions {
  readonly path: string
  readonly readOnly?: boolean
  /** Whether a commit waits for the disk. */
  readonly isDurable?: boolean
}

/**
 * Opens the log's file, whatever its layout: see `assertFormat`. Throws `LogDamaged` when it is
 * cut short.
 */
export function openTables(options: OpenTablesOptions): LogTables {
  const { path, readOnly = false, isDurable = true } = options
  assertWholeFile(path)
  const env = openEnvironment({ path, readOnly, noSync: !isDurable })
  return {
    env,
    blocks: env.openDB({ name: 'blocks', encoding: 'string' }),
    ids: env.openDB({ name: 'ids', keyEncoding: 'binary', encoding: 'ordered-binary' }),
    streams: env.openDB({ name: 'streams', encoding: 'ordered-binary' }),
    streamRuns: env.openDB({ name: 'stream-runs', encoding: 'string' }),
    kindRuns: env.openDB({ name: 'kind-runs', encoding: 'string' }),
    metadata: env.openDB({ name: 'metadata', encoding: 'string' }),
    info: env.openDB({ name: 'info', encoding: 'ordered-binary' }),
  }
}

/** Throws `LogUnavailable`, and closes the file, unless it is of today's layout. */
export function assertFormat({ env, info }: LogTables, path: string): void {
  const format = info.get('format')
  if (format === FORMAT) return
  void env.close()
  if (format === 1) {
    throw new LogUnavailable(
      `the log at ${path} has an older layout: start the server once, which brings it up to date`,
    )
  }
  throw new LogUnavailable(`the log at ${path} has layout ${format}, this veza reads ${FORMAT}`)
}

/** The name of this log in its chain of hashes. */
export function logId({ info }: LogTables): string {
  return String(info.get('id'))
}

/** The value of each hexadecimal digit, by its character's code. */
const DIGITS = new Uint8Array(128)
for (let digit = 0; digit < 16; digit++) DIGITS[digit.toString(16).charCodeAt(0)] = digit

/** The 16 bytes of a UUID in lower case. Seven times as fast as Buffer.from for so few. */
export function idKey(id: string): Buffer {
  const key = Buffer.allocUnsafe(16)
  let at = 0
  for (let index = 0; index < id.length; index += 2) {
    if (id.charCodeAt(index) === DASH) index++
    key[at++] = (DIGITS[id.charCodeAt(index)]! << 4) | DIGITS[id.charCodeAt(index + 1)]!
  }
  return key
}

const DASH = '-'.charCodeAt(0)
