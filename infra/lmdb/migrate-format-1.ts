import type { Database } from 'lmdb'

import type { Clock, Ids } from '#events/clock.ts'
import type { StreamMetadata } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'

import { createSystemRecords } from '#infra/log/system-records.ts'
import { lastOf, putRecords } from '#infra/lmdb/blocks.ts'
import { chainEnd } from '#infra/lmdb/chain.ts'
import { LogIndex } from '#infra/lmdb/log-index.ts'
import { decodeFact, encodeFact } from '#infra/lmdb/record.ts'
import { type ChainEnd, digest, nextHash, seal } from '#infra/lmdb/sealed-record.ts'
import { metadataRow } from '#infra/lmdb/stream-states.ts'
import { FORMAT, type LogTables } from '#infra/lmdb/tables.ts'

/** Records moved in one transaction. */
const BATCH = 4_096

/**
 * Layout 1 kept each fact as JSON under its position, with no checksum, and a stream's metadata
 * apart from the log. The facts are moved with their positions, a batch at a time: when that is
 * cut off, the next opening goes on after the last batch, because the layout is changed last.
 */
export function migrateFromFormat1(tables: LogTables, clock: Clock, ids: Ids): void {
  const { env, info, metadata } = tables
  const old: Database<string, number> = env.openDB({ name: 'log', encoding: 'string' })
  if (info.get('id') === undefined) info.putSync('id', ids.next())
  const index = new LogIndex(tables, BATCH)
  for (;;) {
    const start = lastOf(tables.blocks) + 1
    const rows = Array.from(old.getRange({ start, limit: BATCH }))
    if (rows.length === 0) break
    const forget = env.transactionSync(() => {
      putFacts(tables, index, rows)
      return index.writeWhole()
    })
    forget()
  }
  const forget = env.transactionSync(() => {
    const system = createSystemRecords(clock, ids)
    let position = lastOf(tables.blocks)
    for (const { key: stream, value } of Array.from(metadata.getRange())) {
      const described = JSON.parse(value) as StreamMetadata
      const request = system.metadata(stream, described)
      const record = { ...request.facts[0]!, stream: request.stream, version: 0 }
      const fact: Fact = { ...record, position: ++position }
      putFacts(tables, index, [{ key: position, value: encodeFact(fact) }])
      void metadata.put(stream, metadataRow({ version: 0, metadata: described, isEnded: false }))
    }
    void info.put('format', FORMAT)
    return index.writeWhole()
  })
  forget()
  for (const name of ['log', 'by-stream', 'by-kind']) env.openDB({ name }).dropSync()
}

/** Puts facts, encoded as they were, at their positions. */
function putFacts(
  tables: LogTables,
  index: LogIndex,
  rows: readonly { readonly key: number; readonly value: string }[],
): void {
  let end: ChainEnd = chainEnd(tables)
  const sealed = rows.map(({ key: position, value: body }) => {
    end = { position, hash: nextHash(end.hash, position, digest(body)) }
    return seal(position, end.hash, body)
  })
  putRecords(tables.blocks, rows[0]!.key, sealed)
  for (const { key, value } of rows) index.add([decodeFact(key, value)])
}
