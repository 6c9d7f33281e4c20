import type { Clock, Ids } from '#events/clock.ts'
import { type AppendResult, type EventLog, LogUnavailable } from '#events/event-log.ts'

import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { followLog } from '#infra/log/follow-log.ts'
import { RecentFacts } from '#infra/log/recent-facts.ts'
import { createSystemRecords } from '#infra/log/system-records.ts'
import type { AppendRequest } from '#infra/log/decide-append.ts'
import { lastOf } from '#infra/lmdb/blocks.ts'
import { LogIndex } from '#infra/lmdb/log-index.ts'
import { LogWriter } from '#infra/lmdb/log-writer.ts'
import { openForReading, openForWriting } from '#infra/lmdb/open-log.ts'
import { readAllFacts, readStreamFacts } from '#infra/lmdb/read-facts.ts'
import { readState } from '#infra/lmdb/stream-states.ts'

export interface LmdbEventLogOptions {
  /** Folder of the log's file; made if it is not there. */
  readonly path: string
  readonly clock: Clock
  /** Of the records that the log makes itself. Default: random and by the clock. */
  readonly ids?: Ids
  /**
   * `fsync`: an append survives a power cut. `commit`: it survives the end of the process; a
   * power cut may damage the file.
   */
  readonly durability?: 'fsync' | 'commit'
  /** For a second process that only reads, beside the one that writes. */
  readonly readOnly?: boolean
  /** Facts after which the index in the file is brought up to date. Default 8,192. */
  readonly indexEvery?: number
  /** Told of each write that failed. */
  readonly report?: (cause: unknown) => void
}

/** Decoded facts kept for live subscribers; a slower one reads the file. */
const RECENT_FACTS = 8_192

/**
 * The embedded log: one LMDB file, one writer. Appends that arrive while others are being written
 * are written together afterwards, so that one flush serves them all. Every record is checked
 * when it is read: `LogDamaged` is what a damaged one throws.
 */
export function createLmdbEventLog(options: LmdbEventLogOptions): EventLog {
  const { path, clock, ids = createUuidV7(clock), durability = 'fsync' } = options
  const { readOnly = false, indexEvery = 8_192, report = () => {} } = options
  const tables = readOnly
    ? openForReading(path)
    : openForWriting({ path, clock, ids, isDurable: durability === 'fsync' })
  const index = new LogIndex(tables, indexEvery)
  const recent = new RecentFacts(lastOf(tables.blocks), RECENT_FACTS)
  const writer = readOnly ? undefined : new LogWriter(tables, index, recent, { clock, report })
  const system = createSystemRecords(clock, ids)
  const source = { tables, index, clock }

  function append(request: AppendRequest): Promise<AppendResult> {
    if (writer) return writer.append(request)
    return Promise.reject(new LogUnavailable('the log is open for reading only'))
  }

  return {
    append: (stream, facts, expected) => append({ stream, facts, expected }),
    readStream: (stream, readOptions) => readStreamFacts(source, stream, readOptions),
    readAll: (readOptions) => readAllFacts(source, readOptions),
    subscribe: (subscribeOptions, handlers) =>
      followLog(recent, (o) => readAllFacts(source, o), subscribeOptions, handlers),
    streamVersion: async (stream) => index.lastVersion(stream),
    head: async () => recent.head,
    readMetadata: async (stream) => readState(tables, index, stream).metadata,
    async writeMetadata(stream, metadata) {
      await append(system.metadata(stream, metadata))
    },
    async tombstone(stream, expected) {
      return (await append(system.tombstone(stream, expected))).position
    },
    health: () =>
      writer?.health() ?? { writable: false, reason: 'the log is open for reading only' },
    async close() {
      await writer?.close()
      recent.wake()
      await tables.env.close()
    },
  }
}
