import type { ReadAllOptions, ReadStreamOptions, StreamMetadata } from '#events/event-log.ts'
import { type Fact, LOG_START } from '#events/fact.ts'

import { firstVisibleVersion } from '#infra/log/append-rules.ts'
import type { LogIndex } from '#infra/lmdb/log-index.ts'
import { decodeFact } from '#infra/lmdb/record.ts'
import { type LogTables, readFact } from '#infra/lmdb/tables.ts'

/**
 * Facts (or appends) taken at once: a range that stays open keeps its reader's snapshot, and
 * with it every page freed since, so it is closed after each of these.
 */
const PAGE = 512

export async function* readStreamFacts(
  tables: LogTables,
  index: LogIndex,
  stream: string,
  metadata: StreamMetadata,
  options: ReadStreamOptions,
): AsyncGenerator<Fact> {
  const last = index.lastVersion(stream)
  const first = firstVisibleVersion(last, metadata)
  const isBackwards = options.direction === 'backwards'
  let version = isBackwards
    ? Math.min(options.from ?? last, last)
    : Math.max(options.from ?? 0, first)
  let left = options.limit ?? Number.POSITIVE_INFINITY
  while (left > 0 && version >= first && version <= last) {
    const page = isBackwards
      ? pageBackwards(index, stream, version, first)
      : pageForwards(index, stream, version, last)
    for (const position of page) {
      if (left-- <= 0) return
      yield readFact(tables, position)
    }
    version += isBackwards ? -page.length : page.length
  }
}

/** Positions of a page of versions from `version` up to `last` at most. */
function pageForwards(index: LogIndex, stream: string, version: number, last: number): number[] {
  const positions: number[] = []
  for (const run of index.runsFrom(stream, version, PAGE)) {
    const end = Math.min(run.count, last - run.version + 1)
    for (let n = Math.max(0, version - run.version); n < end; n++) positions.push(run.position + n)
  }
  return positions
}

/** Positions of a page of versions from `version` down, not below `first`. */
function pageBackwards(index: LogIndex, stream: string, version: number, first: number): number[] {
  const positions: number[] = []
  for (const run of index.runsBefore(stream, version, PAGE)) {
    const start = Math.min(run.count - 1, version - run.version)
    for (let n = start; n >= Math.max(0, first - run.version); n--) {
      positions.push(run.position + n)
    }
  }
  return positions
}

export async function* readAllFacts(
  tables: LogTables,
  index: LogIndex,
  options: ReadAllOptions,
): AsyncGenerator<Fact> {
  const isBackwards = options.direction === 'backwards'
  let after = options.after ?? (isBackwards ? Number.POSITIVE_INFINITY : LOG_START)
  let left = options.limit ?? Number.POSITIVE_INFINITY
  while (left > 0) {
    const limit = Math.min(left, PAGE)
    const page = options.kinds
      ? kindsPage(tables, index, options.kinds, after, isBackwards, limit)
      : logPage(tables, after, isBackwards, limit)
    if (page.length === 0) return
    for (const fact of page) yield fact
    left -= page.length
    after = page.at(-1)!.position
  }
}

function logPage(tables: LogTables, after: number, reverse: boolean, limit: number): Fact[] {
  const range = reverse
    ? { start: after - 1, end: LOG_START, reverse, limit }
    : { start: after + 1, end: Infinity, limit }
  return Array.from(tables.log.getRange(range), ({ key, value }) => decodeFact(key, value))
}

/** Merges the kinds' own indexes by position. */
function kindsPage(
  tables: LogTables,
  index: LogIndex,
  kinds: readonly string[],
  after: number,
  reverse: boolean,
  limit: number,
): Fact[] {
  const positions = kinds.flatMap((kind) => index.positionsOfKind(kind, after, reverse, limit))
  positions.sort(reverse ? (a, b) => b - a : (a, b) => a - b)
  return positions.slice(0, limit).map((position) => readFact(tables, position))
}
