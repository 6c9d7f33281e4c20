import { type Fact, kindOf } from '#events/fact.ts'

import { lastOf } from '#infra/lmdb/blocks.ts'
import { RecordReader } from '#infra/lmdb/read-records.ts'
import { decodeRuns, encodeRuns, entriesOf, pushRun, type Run } from '#infra/lmdb/runs.ts'
import { idKey, type LogTables } from '#infra/lmdb/tables.ts'

const PAGE = 1_024

/**
 * Streams are filed once for this many times that the rest is. Their entries lie all over the
 * file, a page for each stream: measured with 1,000 streams, filing them every time made up a
 * sixth of an append.
 */
const STREAMS_EVERY = 8

/**
 * Where the facts of a stream, of a kind, and with an id are. The index can be made again from
 * the log, so an append does not wait for it: the newest runs stay in memory and reach the file
 * some thousands at a time, sorted, as part of a later append. What was in memory at a crash is
 * read from the log at the next start.
 */
export class LogIndex {
  readonly #tables: LogTables
  readonly #fileEvery: number
  /** Facts held in memory: of kinds and ids, and of streams. */
  #held = 0
  #heldOfStreams = 0
  #through: number
  #byStream = new Map<string, Run[]>()
  #byKind = new Map<string, Run[]>()
  #byId = new Map<string, number>()
  #newestId: string

  /** `fileEvery`: facts kept in memory before the file is brought up to date. */
  constructor(tables: LogTables, fileEvery: number) {
    this.#tables = tables
    this.#fileEvery = fileEvery
    const { info, blocks } = tables
    const filed = Number(info.get('filed') ?? 0)
    this.#through = Number(info.get('streams-filed') ?? 0)
    this.#newestId = String(info.get('newest-id') ?? '')
    const reader = new RecordReader(blocks)
    const last = lastOf(blocks)
    while (this.#through < last) {
      const { records, through } = reader.after(this.#through, PAGE)
      for (const record of records) {
        if (record.position > filed) this.add([record])
        else this.#addToStream([record])
      }
      this.#through = through ?? last
    }
  }

  /** Takes in the facts of one append, once they are in the log. */
  add(facts: readonly Fact[]): void {
    const { stream, position } = facts[0]!
    this.#held += facts.length
    this.#addToStream(facts)
    // Versions mean nothing within a kind: its runs are told apart by their positions alone.
    const run = { version: position, position, count: facts.length }
    pushRun(listOf(this.#byKind, kindOf(stream)), run)
    for (const fact of facts) this.#byId.set(fact.id, fact.position)
  }

  #addToStream(facts: readonly Fact[]): void {
    const { stream, version, position } = facts[0]!
    this.#heldOfStreams += facts.length
    this.#through = position + facts.length - 1
    pushRun(listOf(this.#byStream, stream), { version, position, count: facts.length })
  }

  /** The last position that it knows of. */
  get through(): number {
    return this.#through
  }

  get isDue(): boolean {
    return this.#held >= this.#fileEvery
  }

  /** Files what is due, within a transaction. Call what it answers once that has succeeded. */
  write(): () => void {
    this.#writeKindsAndIds()
    const isWhole = this.#heldOfStreams >= STREAMS_EVERY * this.#fileEvery
    if (isWhole) this.#writeStreams()
    return () => this.#forget(isWhole)
  }

  /** Files all that is in memory, in the same way. */
  writeWhole(): () => void {
    this.#writeKindsAndIds()
    this.#writeStreams()
    return () => this.#forget(true)
  }

  #writeStreams(): void {
    const { streams, streamRuns, info } = this.#tables
    if (this.#heldOfStreams === 0) return
    let count = (streams.getStats() as { entryCount: number }).entryCount
    for (const [stream, runs] of this.#byStream) {
      const known = streams.get(stream)
      const number = known ?? count++
      if (known === undefined) void streams.put(stream, number)
      for (const entry of entriesOf(runs)) {
        void streamRuns.put([number, entry[0]!.version], encodeRuns(entry))
      }
    }
    void info.put('streams-filed', this.#through)
  }

  #writeKindsAndIds(): void {
    const { kindRuns, ids, info } = this.#tables
    if (this.#held === 0) return
    for (const [kind, runs] of this.#byKind) {
      for (const entry of entriesOf(runs)) {
        void kindRuns.put([kind, entry[0]!.position], encodeRuns(entry))
      }
    }
    for (const [id, position] of this.#byId) {
      void ids.put(idKey(id), position)
      if (isTimed(id) && id > this.#newestId) this.#newestId = id
    }
    void info.put('newest-id', this.#newestId)
    void info.put('filed', this.#through)
  }

  /** What is in the file now need not be in memory. */
  #forget(areStreamsFiled: boolean): void {
    this.#held = 0
    this.#byKind = new Map()
    this.#byId = new Map()
    if (areStreamsFiled) {
      this.#heldOfStreams = 0
      this.#byStream = new Map()
    }
    this.#tables.env.resetReadTxn()
  }

  /** The version of a stream's last fact, or -1. */
  lastVersion(stream: string): number {
    const last = this.#byStream.get(stream)?.at(-1) ?? this.#filedBefore(stream, Infinity, 1)[0]
    return last ? last.version + last.count - 1 : -1
  }

  positionOfId(id: string): number | undefined {
    const held = this.#byId.get(id)
    if (held !== undefined) return held
    // Ids that begin with the time rise: one above all that are filed is not among them.
    if (isTimed(id) && id > this.#newestId) return undefined
    return this.#tables.ids.get(idKey(id))
  }

  /** About `limit` runs of a stream, from the one that holds `version` upwards. */
  runsFrom(stream: string, version: number, limit: number): Run[] {
    const runs = this.#filedFrom(stream, version, limit)
    for (const run of this.#byStream.get(stream) ?? []) {
      if (runs.length >= limit) break
      const last = runs.at(-1)
      const from = last ? last.version + last.count : version
      // What has just been filed may still be held: it is passed over.
      if (run.version + run.count > from && run.version >= (last ? from : 0)) runs.push(run)
    }
    return runs
  }

  /** About `limit` runs of a stream, from the one that holds `version` downwards. */
  runsBefore(stream: string, version: number, limit: number): Run[] {
    const held = (this.#byStream.get(stream) ?? []).filter((run) => run.version <= version)
    const below = held[0] ? held[0].version - 1 : version
    const runs = held.toReversed().slice(0, limit)
    if (runs.length < limit) runs.push(...this.#filedBefore(stream, below, limit))
    return runs
  }

  #filedFrom(stream: string, version: number, limit: number): Run[] {
    const { streams, streamRuns } = this.#tables
    const number = streams.get(stream)
    if (number === undefined) return []
    const holding = { start: [number, version], end: [number, -1], reverse: true, limit: 1 }
    let start = version
    for (const key of streamRuns.getKeys(holding)) start = key[1]
    const runs: Run[] = []
    for (const { value } of streamRuns.getRange({
      start: [number, start],
      end: [number, Infinity],
    })) {
      for (const run of decodeRuns(value)) if (run.version + run.count > version) runs.push(run)
      if (runs.length >= limit) break
    }
    return runs
  }

  #filedBefore(stream: string, version: number, limit: number): Run[] {
    const { streams, streamRuns } = this.#tables
    const number = streams.get(stream)
    if (number === undefined) return []
    const runs: Run[] = []
    const range = { start: [number, version], end: [number, -1], reverse: true }
    for (const { value } of streamRuns.getRange(range)) {
      for (const run of decodeRuns(value).toReversed()) if (run.version <= version) runs.push(run)
      if (runs.length >= limit) break
    }
    return runs
  }

  /** Up to `limit` positions of a kind's facts after `after` (before it, when in reverse). */
  positionsOfKind(kind: string, after: number, reverse: boolean, limit: number): number[] {
    const held = this.#byKind.get(kind) ?? []
    const filed = this.#filedOfKind(kind, after, reverse, limit)
    if (reverse) return positionsDown([...held.toReversed(), ...filed], after, limit)
    const positions = positionsUp(filed, after, limit)
    return positions.length < limit ? positionsUp([...filed, ...held], after, limit) : positions
  }

  #filedOfKind(kind: string, after: number, reverse: boolean, limit: number): Run[] {
    const { kindRuns } = this.#tables
    let start = after
    if (!reverse) {
      const holding = { start: [kind, after], end: [kind, 0], reverse: true, limit: 1 }
      for (const key of kindRuns.getKeys(holding)) start = key[1]
    }
    const runs: Run[] = []
    let count = 0
    const range = { start: [kind, start], end: [kind, reverse ? 0 : Infinity], reverse }
    for (const { value } of kindRuns.getRange(range)) {
      const entry = decodeRuns(value)
      for (const run of reverse ? entry.toReversed() : entry) {
        const isWanted = reverse ? run.position < after : run.position + run.count - 1 > after
        if (!isWanted) continue
        runs.push(run)
        const last = run.position + run.count - 1
        count += reverse
          ? Math.min(run.count, after - run.position)
          : Math.min(run.count, last - after)
      }
      if (count >= limit) break
    }
    return runs
  }
}

function positionsUp(runs: readonly Run[], after: number, limit: number): number[] {
  const positions: number[] = []
  let last = after
  for (const { position, count } of runs) {
    // A run that has just been filed may still be held: it is passed over the second time.
    const end = position + count
    for (let at = Math.max(position, last + 1); at < end && positions.length < limit; at++) {
      positions.push((last = at))
    }
  }
  return positions
}

function positionsDown(runs: readonly Run[], after: number, limit: number): number[] {
  const positions: number[] = []
  let last = after
  for (const { position, count } of runs) {
    const start = Math.min(position + count, last) - 1
    for (let at = start; at >= position && positions.length < limit; at--) {
      positions.push((last = at))
    }
  }
  return positions
}

/** Whether a UUID begins with the time of its making: version 7, RFC 9562 section 5.7. */
function isTimed(id: string): boolean {
  return id[14] === '7'
}

function listOf(index: Map<string, Run[]>, key: string): Run[] {
  let list = index.get(key)
  if (!list) index.set(key, (list = []))
  return list
}
