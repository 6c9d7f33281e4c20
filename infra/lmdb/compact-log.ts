import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Database, Key } from 'lmdb'

import { LogDamaged } from '#infra/log/log-damaged.ts'
import { lastOf, putRecords, recordsFrom } from '#infra/lmdb/blocks.ts'
import { chainEnd } from '#infra/lmdb/chain.ts'
import { LMDB_FILE } from '#infra/lmdb/file-header.ts'
import { HiddenRecords } from '#infra/lmdb/hidden-records.ts'
import { LogIndex } from '#infra/lmdb/log-index.ts'
import { type OpenLogOptions, openForReading, openForWriting } from '#infra/lmdb/open-log.ts'
import { decodeFact } from '#infra/lmdb/record.ts'
import { replaceFile } from '#infra/lmdb/replace-file.ts'
import { digest, sealStub, unseal } from '#infra/lmdb/sealed-record.ts'
import { idKey, type LogTables, openTables } from '#infra/lmdb/tables.ts'
import { verifyLog } from '#infra/lmdb/verify-log.ts'

export interface Compaction {
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Records of which this time only the hash was left. */
  readonly removed: number
  readonly kept: number
}

export interface CompactOptions extends OpenLogOptions {
  readonly progress?: (done: number, total: number) => void
}

const PAGE = 2_048
const NEW_FOLDER = 'compacting'

/**
 * Writes the log anew without the records that metadata hides for ever, and puts the new file in
 * the place of the old one. Each leaves its hash and that of its body, so that positions, versions
 * and the chain stay as they were. Nobody else may have the log open to write to it. When it is
 * cut off or fails, the old file is still in its place.
 */
export async function compactLog(options: CompactOptions): Promise<Compaction> {
  const { path } = options
  const folder = join(path, NEW_FOLDER)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  const bytesBefore = statSync(join(path, LMDB_FILE)).size
  try {
    const counts = await writeAnew(options, folder)
    const bytesAfter = statSync(join(folder, LMDB_FILE)).size
    replaceFile(join(folder, LMDB_FILE), path)
    return { bytesBefore, bytesAfter, ...counts }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeAnew(options: CompactOptions, folder: string) {
  const from = openForWriting(options)
  try {
    const to = openTables({ path: folder })
    let counts
    try {
      const index = new LogIndex(from, Number.POSITIVE_INFINITY)
      from.env.transactionSync(() => index.writeWhole())()
      const hidden = new HiddenRecords(from, index, options.clock.now())
      counts = await copyRecords(from, to, hidden, options.progress)
      await copyTables(from, to)
    } finally {
      await to.env.close()
    }
    await assertSame(from, folder)
    return counts
  } finally {
    await from.env.close()
  }
}

async function copyRecords(
  from: LogTables,
  to: LogTables,
  hidden: HiddenRecords,
  progress: CompactOptions['progress'],
): Promise<{ removed: number; kept: number }> {
  const head = lastOf(from.blocks)
  let removed = 0
  let kept = 0
  for (let next = 1; next <= head;) {
    const { position, records } = recordsFrom(from.blocks, next, PAGE)
    to.env.transactionSync(() => {
      const sealed = records.map((record, index) => {
        const at = position + index
        const { hash, body } = unseal(at, record)
        if (body === undefined) return record
        const fact = decodeFact(at, body)
        if (hidden.has(fact)) {
          removed++
          return sealStub(at, hash, digest(body))
        }
        kept++
        void to.ids.put(idKey(fact.id), at)
        return record
      })
      putRecords(to.blocks, position, sealed)
    })
    next = position + records.length
    progress?.(next - 1, head)
    await nextTurn()
  }
  return { removed, kept }
}

/** What does not change: where the records of a stream and of a kind are, and the rest. */
async function copyTables(from: LogTables, to: LogTables): Promise<void> {
  const names = ['streams', 'streamRuns', 'kindRuns', 'metadata', 'info'] as const
  for (const name of names) {
    const source = from[name] as Database<unknown>
    const target = to[name] as Database<unknown>
    let batch: { key: Key; value: unknown }[] = []
    const write = async () => {
      to.env.transactionSync(() => {
        for (const { key, value } of batch) void target.put(key, value)
      })
      batch = []
      await nextTurn()
    }
    for (const entry of source.getRange({ snapshot: false })) {
      batch.push(entry)
      if (batch.length >= PAGE) await write()
    }
    await write()
  }
}

/** Throws `LogDamaged` unless the new file is whole and ends where the old one ends. */
async function assertSame(from: LogTables, folder: string): Promise<void> {
  const made = openForReading(folder)
  try {
    const { damage, end } = await verifyLog(made)
    if (damage) throw damage
    const { position, hash } = chainEnd(from)
    if (position === end.position && hash === end.hash) return
    throw new LogDamaged(end.position, 'link', `the new file ends otherwise than the old one`)
  } finally {
    await made.env.close()
  }
}
