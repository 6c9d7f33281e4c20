import { type Fact, kindOf } from '#events/fact.ts'

import { decodeFact } from '#infra/lmdb/record.ts'
import { idKey, type LogTables } from '#infra/lmdb/tables.ts'

/** Facts of one append: they lie side by side in their stream and in the log. */
export interface Run {
  readonly stream: string
  readonly version: number
  readonly position: number
  readonly count: number
}

/**
 * Where the facts of a stream, of a kind, and with an id are. The index can be made again from
 * the log, so an append does not wait for it: the newest runs stay in memory and reach the file
 * some thousands at a time, sorted, as part of a later append. What was in memory at a crash is
 * read from the log at the next start. Measured with 1,000 streams: one page written for each
 * append when the index was written along, about one for eight appends now.
 */
export class LogIndex {
  readonly #tables: LogTables
  readonly #fileEvery: number
  #pending: Run[] = []
  #byStream = new Map<string, Run[]>()
  #byKind = new Map<string, Run[]>()
  #byId = new Map<string, number>()

  /** `fileEvery`: appends kept in memory before the file is brought up to date. */
  constructor(tables: LogTables, fileEvery: number) {
    this.#tables = tables
    this.#fileEvery = fileEvery
    const indexed = tables.info.get('indexed') ?? 0
    for (const { key, value } of tables.log.getRange({ start: indexed + 1 })) {
      this.add([decodeFact(key, value)])
    }
  }

  /** Takes in the facts of one append, once they are in the log. */
  add(facts: readonly Fact[]): void {
    const { stream, version, position } = facts[0]!
    const run = { stream, version, position, count: facts.length }
    this.#pending.push(run)
    listOf(this.#byStream, stream).push(run)
    listOf(this.#byKind, kindOf(stream)).push(run)
    for (const fact of facts) this.#byId.set(fact.id, fact.position)
  }

  get isDue(): boolean {
    return this.#pending.length >= this.#fileEvery
  }

  /** Files all that is in memory, within a transaction. Call `forget` once it has succeeded. */
  write(): void {
    const { streams, byStream, byKind, ids, info } = this.#tables
    const last = this.#pending.at(-1)
    if (!last) return
    let count = (streams.getStats() as { entryCount: number }).entryCount
    for (const [stream, runs] of this.#byStream) {
      const number = streams.get(stream) ?? count++
      void streams.put(stream, number)
      for (const { version, position, count: facts } of runs) {
        void byStream.put([number, version], [position, facts])
      }
    }
    for (const [kind, runs] of this.#byKind) {
      for (const run of runs) void byKind.put([kind, run.position], run.count)
    }
    for (const [id, position] of this.#byId) void ids.put(idKey(id), position)
    void info.put('indexed', last.position + last.count - 1)
  }

  /** Forgets what is in memory: it is in the file now. */
  forget(): void {
    this.#pending = []
    this.#byStream = new Map()
    this.#byKind = new Map()
    this.#byId = new Map()
    this.#tables.env.resetReadTxn()
  }

  /** The version of a stream's last fact, or -1. */
  lastVersion(stream: string): number {
    const last = this.#byStream.get(stream)?.at(-1) ?? this.#runs(stream, Infinity, true, 1)[0]
    return last ? last.version + last.count - 1 : -1
  }

  positionOfId(id: string): number | undefined {
    return this.#byId.get(id) ?? this.#tables.ids.get(idKey(id))
  }

  /** Up to `limit` runs of a stream, from the one that holds `version` upwards. */
  runsFrom(stream: string, version: number, limit: number): Run[] {
    const [first] = this.#runs(stream, version, true, 1)
    const filed = this.#runs(stream, first?.version ?? version, false, limit)
    const after = filed.at(-1)?.version ?? -1
    const held = (this.#byStream.get(stream) ?? []).filter(
      (run) => run.version > after && run.version + run.count > version,
    )
    return [...filed, ...held].slice(0, limit)
  }

  /** Up to `limit` runs of a stream, from the one that holds `version` downwards. */
  runsBefore(stream: string, version: number, limit: number): Run[] {
    const held = (this.#byStream.get(stream) ?? []).filter((run) => run.version <= version)
    const below = held[0] ? Math.min(version, held[0].version - 1) : version
    return [...held.toReversed(), ...this.#runs(stream, below, true, limit)].slice(0, limit)
  }

  #runs(stream: string, version: number, reverse: boolean, limit: number): Run[] {
    const { streams, byStream } = this.#tables
    const number = streams.get(stream)
    if (number === undefined) return []
    const end = [number, reverse ? -1 : Infinity] as [number, number]
    const range = byStream.getRange({ start: [number, version], end, reverse, limit })
    return Array.from(range, ({ key, value }) => ({
      stream,
      version: key[1],
      position: value[0],
      count: value[1],
    }))
  }

  /** Up to `limit` positions of a kind's facts after `after` (before it, when in reverse). */
  positionsOfKind(kind: string, after: number, reverse: boolean, limit: number): number[] {
    const { byKind } = this.#tables
    const held = (this.#byKind.get(kind) ?? []).map((run) => [run.position, run.count] as const)
    const filed: (readonly [number, number])[] = []
    const range = reverse
      ? { start: [kind, after], end: [kind, 0], reverse, limit }
      : { start: [kind, this.#runOfKind(kind, after)], end: [kind, Infinity], limit: limit + 1 }
    for (const { key, value } of byKind.getRange(range)) filed.push([key[1], value])
    const last = reverse ? Infinity : (filed.at(-1)?.[0] ?? 0)
    const runs = reverse
      ? [...held.toReversed(), ...filed]
      : [...filed, ...held.filter(([position]) => position > last)]
    return positionsOf(runs, after, reverse, limit)
  }

  /** Where the filed run begins that holds the position, or the position itself. */
  #runOfKind(kind: string, position: number): number {
    const range = { start: [kind, position], end: [kind, 0], reverse: true, limit: 1 }
    for (const key of this.#tables.byKind.getKeys(range)) return key[1]
    return position
  }
}

function positionsOf(
  runs: readonly (readonly [number, number])[],
  after: number,
  reverse: boolean,
  limit: number,
): number[] {
  const positions: number[] = []
  let last = after
  for (const [first, count] of runs) {
    for (let index = 0; index < count && positions.length < limit; index++) {
      const position = reverse ? first + count - 1 - index : first + index
      // A run that has just been filed may still be held: it is passed over the second time.
      if (reverse ? position >= last : position <= last) continue
      positions.push(position)
      last = position
    }
  }
  return positions
}

function listOf(index: Map<string, Run[]>, key: string): Run[] {
  let list = index.get(key)
  if (!list) index.set(key, (list = []))
  return list
}
