import { type Fact, METADATA_TYPE, TOMBSTONE_TYPE } from '#events/fact.ts'

import {
  firstVisibleVersion,
  isTooOld,
  type StreamState,
  subjectOf,
} from '#infra/log/stream-state.ts'
import type { LogIndex } from '#infra/lmdb/log-index.ts'
import { RecordReader } from '#infra/lmdb/read-records.ts'
import { readState } from '#infra/lmdb/stream-states.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'

/** Tells which records nobody can read as facts any more, because of what metadata hides. */
export class HiddenRecords {
  readonly #tables: LogTables
  readonly #index: LogIndex
  readonly #reader: RecordReader
  readonly #nowMs: number
  readonly #states = new Map<string, StreamState>()
  readonly #newest = new Map<string, number>()

  constructor(tables: LogTables, index: LogIndex, nowMs: number) {
    this.#tables = tables
    this.#index = index
    this.#reader = new RecordReader(tables.blocks)
    this.#nowMs = nowMs
  }

  has(record: Fact): boolean {
    const { stream, version, type, meta } = record
    if (subjectOf(stream) !== undefined && type === METADATA_TYPE) {
      // Of a stream's metadata only the newest has any effect.
      return version < this.#newestMetadata(stream)
    }
    if (type === TOMBSTONE_TYPE) return false
    const state = this.#stateOf(stream)
    return version < firstVisibleVersion(state) || isTooOld(meta.at, state.metadata, this.#nowMs)
  }

  #stateOf(stream: string): StreamState {
    let state = this.#states.get(stream)
    if (!state) this.#states.set(stream, (state = readState(this.#tables, this.#index, stream)))
    return state
  }

  /** The version of the newest `$metadata` in a metadata stream. */
  #newestMetadata(stream: string): number {
    const known = this.#newest.get(stream)
    if (known !== undefined) return known
    for (let version = this.#index.lastVersion(stream); version >= 0; version--) {
      const [run] = this.#index.runsFrom(stream, version, 1)
      const record = run && this.#reader.at(run.position + version - run.version)
      if (record?.type !== METADATA_TYPE) continue
      this.#newest.set(stream, version)
      return version
    }
    return 0
  }
}
