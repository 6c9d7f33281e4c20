import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Fact } from '#events/fact.ts'

import { LogDamaged } from '#infra/log/log-damaged.ts'
import { lastOf, recordsFrom } from '#infra/lmdb/blocks.ts'
import { LogIndex } from '#infra/lmdb/log-index.ts'
import { decodeFact } from '#infra/lmdb/record.ts'
import { type ChainEnd, chainStart, follow, unseal } from '#infra/lmdb/sealed-record.ts'
import { logId, type LogTables } from '#infra/lmdb/tables.ts'
import { IndexAudit } from '#infra/lmdb/verify-index.ts'

/** What a walk through the whole log has found. */
export interface Verification {
  readonly logId: string
  readonly records: number
  /** Records of which only the hash is left. */
  readonly compacted: number
  /** As far as everything is right. */
  readonly end: ChainEnd
  /** The first thing that is wrong. */
  readonly damage?: LogDamaged
}

export interface VerifyOptions {
  readonly progress?: (done: number, total: number) => void
  /** Told of each link of the chain that is right, from the start of the log. */
  readonly linked?: (end: ChainEnd) => void
}

const PAGE = 2_048

/**
 * Walks the log from its start to its head: every checksum, every link of the chain, that each
 * stream's versions have no gap, and that the indexes say the same as the log. It only reads, and
 * goes on with what is appended meanwhile.
 */
export async function verifyLog(
  tables: LogTables,
  { progress, linked }: VerifyOptions = {},
): Promise<Verification> {
  const id = logId(tables)
  let end = chainStart(id)
  let compacted = 0
  const outcome = (damage?: LogDamaged): Verification => ({
    logId: id,
    records: end.position - compacted,
    compacted,
    end,
    ...(damage && { damage }),
  })
  try {
    const audit = new IndexAudit(tables, indexOf(tables))
    for (let head = lastOf(tables.blocks); end.position < head; head = lastOf(tables.blocks)) {
      const { position, records } = recordsFrom(tables.blocks, end.position + 1, PAGE)
      if (records.length === 0) throw new LogDamaged(position, 'missing', 'it is missing')
      for (const [index, sealed] of records.entries()) {
        const at = position + index
        const unsealed = unseal(at, sealed)
        const next = follow(end, at, unsealed)
        if (unsealed.body === undefined) compacted++
        else audit.check(decoded(at, unsealed.body))
        end = next
        linked?.(end)
      }
      progress?.(end.position, head)
      await nextTurn()
    }
    audit.finish()
    return outcome()
  } catch (cause) {
    return outcome(asDamage(cause, end.position + 1))
  }
}

/** None when what it would be read from is damaged: the walk will come to it. */
function indexOf(tables: LogTables): LogIndex | undefined {
  try {
    return new LogIndex(tables, Number.POSITIVE_INFINITY)
  } catch (cause) {
    if (cause instanceof LogDamaged || cause instanceof SyntaxError) return undefined
    throw cause
  }
}

function decoded(position: number, body: string): Fact {
  try {
    return decodeFact(position, body)
  } catch (cause) {
    throw new LogDamaged(position, 'unreadable', 'it is no record', cause)
  }
}

function asDamage(cause: unknown, position: number): LogDamaged {
  if (cause instanceof LogDamaged) return cause
  const what = cause instanceof Error ? cause.message : String(cause)
  return new LogDamaged(position, 'unreadable', what, cause)
}
