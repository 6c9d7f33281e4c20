import type { Database } from 'lmdb'

import { LogDamaged } from '#infra/log/log-damaged.ts'
import type { SealedRecord } from '#infra/lmdb/sealed-record.ts'

/** position of the first -> sealed records with a line feed between: JSON has none within */
export type BlockTable = Database<string, number>

/**
 * A block fills two pages of LMDB, less their header. One put for a block of records instead of
 * one for each: measured with 100 writers, the put and the pages it dirties cost as much as all
 * the rest of an append.
 */
const BLOCK_LENGTH = 8_160

/** Consecutive records, the first of them at `position`. */
export interface Block {
  readonly position: number
  readonly records: readonly SealedRecord[]
}

/** Puts consecutive records, within a transaction. */
export function putRecords(
  table: BlockTable,
  position: number,
  records: readonly SealedRecord[],
): void {
  let first = 0
  let length = 0
  for (const [index, record] of records.entries()) {
    if (length > 0 && length + record.length + 1 > BLOCK_LENGTH) {
      void table.put(position + first, records.slice(first, index).join('\n'))
      first = index
      length = 0
    }
    length += record.length + 1
  }
  if (records.length > first) void table.put(position + first, records.slice(first).join('\n'))
}

/** The block that holds a position, when any does. */
export function blockAt(table: BlockTable, position: number): Block | undefined {
  for (const { key, value } of table.getRange({ start: position, reverse: true, limit: 1 })) {
    const block = { position: key, records: value.split('\n') }
    return position < key + block.records.length ? block : undefined
  }
  return undefined
}

/** Sealed records from a position upwards, `limit` or some more. Throws `LogDamaged` at a gap. */
export function recordsFrom(table: BlockTable, position: number, limit: number): Block {
  let next = position
  const records: SealedRecord[] = []
  const first = blockAt(table, position)
  const start = first?.position ?? position
  for (const { key, value } of table.getRange({ start })) {
    const all = value.split('\n')
    if (key > next) throw new LogDamaged(next, 'missing', 'it is missing')
    const wanted = key < next ? all.slice(next - key) : all
    for (const record of wanted) records.push(record)
    next += wanted.length
    if (records.length >= limit) break
  }
  return { position, records }
}

/** The last position of the log, or 0. */
export function lastOf(table: BlockTable): number {
  for (const { key, value } of table.getRange({ reverse: true, limit: 1 })) {
    return key + value.split('\n').length - 1
  }
  return 0
}
