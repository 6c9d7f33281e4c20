import type { Fact } from '#events/fact.ts'

import { LogDamaged } from '#infra/log/log-damaged.ts'
import { type Block, blockAt, type BlockTable, recordsFrom } from '#infra/lmdb/blocks.ts'
import { decodeFact } from '#infra/lmdb/record.ts'
import { type SealedRecord, unseal } from '#infra/lmdb/sealed-record.ts'

/** Records read at once, without those that have been compacted away. */
export interface RecordPage {
  readonly records: readonly Fact[]
  /** Up to which position (down to, backwards) the log has been read; undefined at its end. */
  readonly through: number | undefined
}

/** Reads and checks records; remembers the block of the last one, where its neighbours are. */
export class RecordReader {
  readonly #table: BlockTable
  #block: Block | undefined

  constructor(table: BlockTable) {
    this.#table = table
  }

  /** The record at a position of the log; undefined when it has been compacted away. */
  at(position: number): Fact | undefined {
    const block = this.#blockAt(position)
    if (!block) throw new LogDamaged(position, 'missing', 'it is missing')
    return opened(position, block.records[position - block.position]!)
  }

  /** Blocks are never changed once they are written, so that an old one is still right. */
  #blockAt(position: number): Block | undefined {
    const held = this.#block
    if (held && position >= held.position && position < held.position + held.records.length) {
      return held
    }
    const found = blockAt(this.#table, position)
    if (found) this.#block = found
    return found
  }

  /** The next `limit` records after a position. */
  after(position: number, limit: number): RecordPage {
    const records = recordsFrom(this.#table, position + 1, limit).records.slice(0, limit)
    return {
      records: records.flatMap((sealed, index) => opened(position + 1 + index, sealed) ?? []),
      through: records.length === 0 ? undefined : position + records.length,
    }
  }

  /** The records of the block before a position, downwards. */
  before(position: number): RecordPage {
    const start = Math.min(position - 1, Number.MAX_SAFE_INTEGER)
    for (const { key, value } of this.#table.getRange({ start, reverse: true, limit: 1 })) {
      const sealed = value.split('\n')
      const end = key + sealed.length
      if (Number.isFinite(position) && end < position)
        throw new LogDamaged(end, 'missing', 'it is missing')
      const records: Fact[] = []
      for (let at = Math.min(end, position) - 1; at >= key; at--) {
        const fact = opened(at, sealed[at - key]!)
        if (fact) records.push(fact)
      }
      return { records, through: key }
    }
    return { records: [], through: undefined }
  }
}

function opened(position: number, sealed: SealedRecord): Fact | undefined {
  const { body } = unseal(position, sealed)
  return body === undefined ? undefined : decodeFact(position, body)
}
