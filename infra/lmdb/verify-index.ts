import { isDeepStrictEqual } from 'node:util'

import { metadataStreamOf, NO_VERSION, type Fact } from '#events/fact.ts'

import { LogDamaged } from '#infra/log/log-damaged.ts'
import { type StreamState, subjectAfter, subjectOf } from '#infra/log/stream-state.ts'
import type { LogIndex } from '#infra/lmdb/log-index.ts'
import { RecordReader } from '#infra/lmdb/read-records.ts'
import { readState } from '#infra/lmdb/stream-states.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'

/** Compares what is kept beside the log with the log, a record at a time. */
export class IndexAudit {
  readonly #tables: LogTables
  readonly #index: LogIndex | undefined
  readonly #reader: RecordReader
  /** stream -> its newest version so far, and where it is */
  readonly #streams = new Map<string, { version: number; position: number }>()
  /** stream -> what its metadata's records say */
  readonly #described = new Map<string, StreamState>()
  #through: number

  constructor(tables: LogTables, index: LogIndex | undefined) {
    this.#tables = tables
    this.#index = index
    this.#reader = new RecordReader(tables.blocks)
    this.#through = index?.through ?? 0
  }

  /** Throws `LogDamaged` for a record that its stream or an index does not expect there. */
  check(record: Fact): void {
    const { stream, version, position, id } = record
    const before = this.#streams.get(stream)?.version ?? NO_VERSION
    if (position > this.#through) this.#index?.add([record])
    if (version <= before) throw repeated(record, before)
    for (let missing = before + 1; missing < version; missing++) {
      this.#assertCompacted(stream, missing, position)
    }
    this.#streams.set(stream, { version, position })
    const filed = this.#index?.positionOfId(id)
    if (this.#index && filed !== position) {
      const where = filed === undefined ? 'nowhere' : `at position ${filed}`
      throw new LogDamaged(position, 'index', `by the index of ids, ${id} is ${where}`)
    }
    const subject = subjectOf(stream)
    if (subject === undefined) return
    const state = this.#described.get(subject) ?? { version, metadata: {}, isEnded: false }
    this.#described.set(subject, subjectAfter(state, [record]))
  }

  /** A version may be absent where compacting has left the place of a record only. */
  #assertCompacted(stream: string, version: number, position: number): void {
    const [run] = this.#index?.runsFrom(stream, version, 1) ?? []
    const place = run && run.position + version - run.version
    const isThere = run && run.version <= version && place! < position
    if (this.#index && (!isThere || this.#reader.at(place!))) {
      throw new LogDamaged(position, 'version', `${stream}@${version} is not before it`)
    }
  }

  /** Throws `LogDamaged` where an index knows more or less than the log. */
  finish(): void {
    for (const [stream, { version, position }] of this.#streams) {
      const last = this.#index?.lastVersion(stream) ?? version
      if (last < version) {
        throw new LogDamaged(position, 'index', `by the index, ${stream} ends at version ${last}`)
      }
      for (let extra = version + 1; extra <= last; extra++) {
        this.#assertCompacted(stream, extra, Number.POSITIVE_INFINITY)
      }
    }
    if (this.#index) for (const [subject, state] of this.#described) this.#compare(subject, state)
    for (const subject of this.#tables.metadata.getKeys()) {
      if (this.#described.has(subject)) continue
      throw new LogDamaged(0, 'metadata', `${subject} has metadata that was never recorded`)
    }
  }

  #compare(subject: string, { metadata, isEnded }: StreamState): void {
    const kept = readState(this.#tables, this.#index!, subject)
    if (kept.isEnded === isEnded && isDeepStrictEqual(kept.metadata, metadata)) return
    const { position } = this.#streams.get(metadataStreamOf(subject))!
    throw new LogDamaged(position, 'metadata', `${subject} is kept with other metadata`)
  }
}

function repeated({ stream, version, position }: Fact, before: number): LogDamaged {
  return new LogDamaged(position, 'version', `${stream}@${version} comes after ${before}`)
}
