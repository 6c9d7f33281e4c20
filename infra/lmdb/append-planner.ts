import type { Fact } from '#events/fact.ts'

import { decideAppend, type LogView } from '#infra/log/decide-append.ts'
import { type StreamState, subjectAfter, subjectOf } from '#infra/log/stream-state.ts'
import { AppendUnit, encodeWithinLimit, type PendingAppend } from '#infra/lmdb/append-unit.ts'
import { chainEnd } from '#infra/lmdb/chain.ts'
import type { LogIndex } from '#infra/lmdb/log-index.ts'
import { RecordReader } from '#infra/lmdb/read-records.ts'
import type { ChainEnd } from '#infra/lmdb/sealed-record.ts'
import { StreamStates } from '#infra/lmdb/stream-states.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'

/**
 * Decides appends as they come, each after all that were decided before it, written or not. It
 * serves the only writer of the file, so it may keep the states of the streams in memory.
 */
export class AppendPlanner implements LogView {
  readonly #index: LogIndex
  readonly #reader: RecordReader
  /** As decided, written or not. */
  readonly #states: StreamStates
  /** What is decided and not yet written. */
  #byId = new Map<string, Fact>()
  #units: AppendUnit[] = []
  #end: ChainEnd
  #written: ChainEnd

  constructor(tables: LogTables, index: LogIndex) {
    this.#index = index
    this.#reader = new RecordReader(tables.blocks)
    this.#states = new StreamStates(tables, index)
    this.#end = this.#written = chainEnd(tables)
  }

  state(stream: string): StreamState {
    return this.#states.get(stream)
  }

  find(id: string): Fact | undefined {
    const planned = this.#byId.get(id)
    if (planned) return planned
    const position = this.#index.positionOfId(id)
    return position === undefined ? undefined : this.#reader.at(position)
  }

  /** Decides an append. Whoever waits hears of it, refused or not, when its turn was written. */
  add(append: PendingAppend): void {
    const unit = this.#openUnit()
    unit.appends.push(append)
    try {
      const { result, runs } = decideAppend(this, append.request, this.#end.position)
      const bodies = runs.map((run) => run.map(encodeWithinLimit))
      for (let index = 0; index < runs.length; index++) {
        this.#take(unit, runs[index]!, bodies[index]!)
      }
      append.result = result
    } catch (cause) {
      append.refusal = cause
    }
  }

  #openUnit(): AppendUnit {
    const last = this.#units.at(-1)
    if (last?.hasRoom) return last
    const unit = new AppendUnit()
    this.#units.push(unit)
    return unit
  }

  #take(unit: AppendUnit, run: readonly Fact[], bodies: readonly string[]): void {
    const { stream } = run[0]!
    this.#end = unit.take(run, bodies, this.#end)
    for (const fact of run) this.#byId.set(fact.id, fact)
    const { metadata, isEnded } = this.state(stream)
    this.#states.set(stream, { version: run.at(-1)!.version, metadata, isEnded })
    const subject = subjectOf(stream)
    if (subject === undefined) return
    const described = subjectAfter(this.state(subject), run)
    this.#states.set(subject, described)
    unit.described.set(subject, described)
  }

  /** Units to write next; the rest has to wait for them. */
  next(count: number, bytes: number): readonly AppendUnit[] {
    let taken = 0
    let size = 0
    while (taken < Math.min(count, this.#units.length) && size < bytes) {
      size += this.#units[taken++]!.sizeBytes
    }
    return this.#units.splice(0, taken)
  }

  /** Of the facts as JSON. */
  get waitingBytes(): number {
    let size = 0
    for (const { sizeBytes } of this.#units) size += sizeBytes
    return size
  }

  get waitingUnits(): number {
    return this.#units.length
  }

  /** The units are in the file, and in the index. */
  confirm(units: readonly AppendUnit[]): void {
    for (const unit of units) {
      for (const fact of unit.facts) this.#byId.delete(fact.id)
    }
    this.#written = units.findLast(({ end }) => end)?.end ?? this.#written
  }

  /** Nothing that waits can be written. Answers the units that were waiting. */
  abandon(): readonly AppendUnit[] {
    const units = this.#units
    this.#units = []
    this.#states.clear()
    this.#byId = new Map()
    this.#end = this.#written
    return units
  }
}
