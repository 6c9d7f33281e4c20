import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { type Fact, kindOf } from '#events/fact.ts'

import { lastOf, recordsFrom } from '#infra/lmdb/blocks.ts'
import { chainEnd } from '#infra/lmdb/chain.ts'
import { LMDB_FILE } from '#infra/lmdb/file-header.ts'
import { decodeFact } from '#infra/lmdb/record.ts'
import { type ChainEnd, unseal } from '#infra/lmdb/sealed-record.ts'
import { logId, type LogTables } from '#infra/lmdb/tables.ts'

export interface Share {
  readonly name: string
  readonly records: number
  /** Of the records as JSON. */
  readonly sizeBytes: number
}

export interface LogStatistics {
  readonly logId: string
  readonly end: ChainEnd
  readonly records: number
  readonly compacted: number
  readonly sizeBytes: number
  /** Milliseconds since 1970 of the first and the last record by position; null without any. */
  readonly firstAt: number | null
  readonly lastAt: number | null
  readonly streams: number
  readonly kinds: readonly Share[]
  readonly types: readonly Share[]
  /** Those that take the most bytes. */
  readonly largestStreams: readonly Share[]
  readonly fileBytes: number
  /** Pages in the file that are free to be written again. */
  readonly freePages: number
  readonly pages: number
}

const PAGE = 2_048
const LARGEST = 10

/** Counts what a log holds. It reads all of it, and checks each record as it does. */
export async function logStatistics(
  tables: LogTables,
  folder: string,
  progress: (done: number, total: number) => void = () => {},
): Promise<LogStatistics> {
  const head = lastOf(tables.blocks)
  const kinds = new Tally()
  const types = new Tally()
  const streams = new Tally()
  let first: Fact | undefined
  let last: Fact | undefined
  let compacted = 0
  for (let position = 1; position <= head;) {
    const { records } = recordsFrom(tables.blocks, position, PAGE)
    for (const sealed of records.slice(0, head - position + 1)) {
      const { body } = unseal(position, sealed)
      if (body === undefined) compacted++
      else {
        last = decodeFact(position, body)
        first ??= last
        const sizeBytes = Buffer.byteLength(body)
        kinds.add(kindOf(last.stream), sizeBytes)
        types.add(last.type, sizeBytes)
        streams.add(last.stream, sizeBytes)
      }
      position++
    }
    progress(position - 1, head)
    await nextTurn()
  }
  const all = kinds.largest()
  return {
    logId: logId(tables),
    end: chainEnd(tables),
    records: all.reduce((sum, { records }) => sum + records, 0),
    compacted,
    sizeBytes: all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    firstAt: first?.meta.at ?? null,
    lastAt: last?.meta.at ?? null,
    streams: streams.size,
    kinds: all,
    types: types.largest(),
    largestStreams: streams.largest(LARGEST),
    fileBytes: statSync(join(folder, LMDB_FILE)).size,
    ...pagesOf(tables),
  }
}

/** Records and bytes by name. */
class Tally {
  readonly #shares = new Map<string, { records: number; sizeBytes: number }>()

  get size(): number {
    return this.#shares.size
  }

  add(name: string, sizeBytes: number): void {
    const share = this.#shares.get(name)
    if (share) {
      share.records++
      share.sizeBytes += sizeBytes
    } else this.#shares.set(name, { records: 1, sizeBytes })
  }

  largest(count = this.#shares.size): Share[] {
    return Array.from(this.#shares, ([name, share]) => ({ name, ...share }))
      .toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.name < b.name ? -1 : 1))
      .slice(0, count)
  }
}

interface TreeStats {
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
}

interface RootStats extends TreeStats {
  readonly lastPageNumber: number
  readonly root: TreeStats
  readonly free: TreeStats
}

/** LMDB begins with two pages about itself. */
const META_PAGES = 2

function pagesOf({ env, ...tables }: LogTables): { pages: number; freePages: number } {
  const root = env.getStats() as RootStats
  const databases = Object.values(tables).map((table) => table.getStats() as TreeStats)
  const used = [root.root, root.free, ...databases].reduce(
    (sum, tree) => sum + tree.treeBranchPageCount + tree.treeLeafPageCount + tree.overflowPages,
    META_PAGES,
  )
  const pages = root.lastPageNumber + 1
  return { pages, freePages: Math.max(0, pages - used) }
}
