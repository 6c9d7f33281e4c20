import { LogDamaged } from '#infra/log/log-damaged.ts'
import { blockAt, lastOf } from '#infra/lmdb/blocks.ts'
import { type ChainEnd, chainStart, unseal } from '#infra/lmdb/sealed-record.ts'
import { logId, type LogTables } from '#infra/lmdb/tables.ts'

/** The end of the log's chain, from its last record. */
export function chainEnd(tables: LogTables): ChainEnd {
  return chainAt(tables, lastOf(tables.blocks))
}

/** The chain as it stood at a position. Throws `LogDamaged` when there is no such record. */
export function chainAt(tables: LogTables, position: number): ChainEnd {
  if (position === 0) return chainStart(logId(tables))
  const block = blockAt(tables.blocks, position)
  if (!block) throw new LogDamaged(position, 'missing', 'it is missing')
  return { position, hash: unseal(position, block.records[position - block.position]!).hash }
}
