import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

import { LogDamaged } from '#infra/log/log-damaged.ts'

/** The file within LMDB's folder. */
export const LMDB_FILE = 'data.mdb'

/** Where LMDB's `MDB_meta` (mdb.c) has its fields, after the 24 bytes of the page's own header. */
const AT = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152 } as const
const META_BYTES = 160
const MAGIC = 0xbeefc0de

/**
 * Throws `LogDamaged` when the file in a folder is cut short or is no LMDB file. LMDB maps the
 * file into memory and would be killed by the kernel when it touches what is not there.
 */
export function assertWholeFile(folder: string): void {
  const path = join(folder, LMDB_FILE)
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (cause) {
    // A log that is yet to be made.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return
    throw cause
  }
  try {
    const needed = bytesNeeded(file)
    const { size } = fstatSync(file)
    if (size === 0) return
    if (needed === undefined) throw new LogDamaged(0, 'unreadable', `${path} is no LMDB file`)
    if (size < needed) {
      throw new LogDamaged(0, 'unreadable', `${path} has ${size} bytes and needs ${needed}`)
    }
  } finally {
    closeSync(file)
  }
}

/** By the newer of the two pages that LMDB writes in turn; undefined when neither is one. */
function bytesNeeded(file: number): number | undefined {
  const first = readMeta(file, 0)
  const second = readMeta(file, first?.pageSize ?? 4_096)
  const newest = [first, second]
    .filter((meta) => meta !== undefined)
    .reduce<Meta | undefined>((a, b) => (a && a.transaction > b.transaction ? a : b), undefined)
  return newest && (newest.lastPage + 1) * newest.pageSize
}

interface Meta {
  readonly pageSize: number
  readonly lastPage: number
  readonly transaction: bigint
}

function readMeta(file: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES)
  const length = readSync(file, bytes, 0, META_BYTES, position)
  if (length < META_BYTES || bytes.readUInt32LE(AT.magic) !== MAGIC) return undefined
  return {
    pageSize: bytes.readUInt32LE(AT.pageSize),
    lastPage: Number(bytes.readBigUInt64LE(AT.lastPage)),
    transaction: bytes.readBigUInt64LE(AT.transaction),
  }
}
