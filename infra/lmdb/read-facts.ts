import type { Clock } from '#events/clock.ts'
import type { ReadAllOptions, ReadStreamOptions } from '#events/event-log.ts'
import { type Fact, LOG_START } from '#events/fact.ts'

import { isShown, presented } from '#infra/log/lift.ts'
import { LogDamaged } from '#infra/log/log-damaged.ts'
import { firstVisibleVersion, isTooOld } from '#infra/log/stream-state.ts'
import { lastOf } from '#infra/lmdb/blocks.ts'
import type { LogIndex } from '#infra/lmdb/log-index.ts'
import { type RecordPage, RecordReader } from '#infra/lmdb/read-records.ts'
import { readState } from '#infra/lmdb/stream-states.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'

/**
 * Facts (or appends) taken at once: a range that stays open keeps its reader's snapshot, and
 * with it every page freed since, so it is closed after each of these.
 */
const PAGE = 512

/** What is read, and the time that decides what has grown too old. */
export interface LogSource {
  readonly tables: LogTables
  readonly index: LogIndex
  readonly clock: Clock
}

export async function* readStreamFacts(
  { tables, index, clock }: LogSource,
  stream: string,
  options: ReadStreamOptions = {},
): AsyncGenerator<Fact> {
  const state = readState(tables, index, stream)
  const reader = new RecordReader(tables.blocks)
  const last = state.version
  const first = firstVisibleVersion(state)
  const isBackwards = options.direction === 'backwards'
  let version = isBackwards
    ? Math.min(options.from ?? last, last)
    : Math.max(options.from ?? 0, first)
  let left = options.limit ?? Number.POSITIVE_INFINITY
  while (left > 0 && version >= first && version <= last) {
    const page = isBackwards
      ? pageBackwards(index, stream, version, first)
      : pageForwards(index, stream, version, last)
    if (page.length === 0)
      throw new LogDamaged(0, 'index', `${stream}@${version} is not in the index`)
    for (const position of page) {
      const record = reader.at(position)
      if (!record || isTooOld(record.meta.at, state.metadata, clock.now())) continue
      yield presented(record, options.as)
      if (--left <= 0) return
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
  { tables, index }: LogSource,
  options: ReadAllOptions = {},
): AsyncGenerator<Fact> {
  const isBackwards = options.direction === 'backwards'
  const reader = new RecordReader(tables.blocks)
  let after: number | undefined =
    options.after ?? (isBackwards ? Number.POSITIVE_INFINITY : LOG_START)
  // A position beyond the end is one of a longer log: what there is lies before it.
  if (isBackwards) after = Math.min(after, lastOf(tables.blocks) + 1)
  let left = options.limit ?? Number.POSITIVE_INFINITY
  while (left > 0 && after !== undefined) {
    const limit = Math.min(left, PAGE)
    const page: RecordPage = options.kinds
      ? kindsPage(reader, index, options.kinds, after, isBackwards, limit)
      : isBackwards
        ? reader.before(after)
        : reader.after(after, limit)
    for (const record of page.records) {
      if (!isShown(record.stream, options.as)) continue
      yield presented(record, options.as)
      if (--left <= 0) return
    }
    after = page.through
  }
}

/** Merges the kinds' own indexes by position. */
function kindsPage(
  reader: RecordReader,
  index: LogIndex,
  kinds: readonly string[],
  after: number,
  reverse: boolean,
  limit: number,
): RecordPage {
  const positions = [...new Set(kinds)]
    .flatMap((kind) => index.positionsOfKind(kind, after, reverse, limit))
    .toSorted(reverse ? (a, b) => b - a : (a, b) => a - b)
    .slice(0, limit)
  return {
    records: positions.flatMap((position) => reader.at(position) ?? []),
    through: positions.at(-1),
  }
}
