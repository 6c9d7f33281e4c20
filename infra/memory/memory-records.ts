import type { Clock } from '#events/clock.ts'
import type { ReadAllOptions, ReadStreamOptions } from '#events/event-log.ts'
import { type Fact, kindOf, LOG_START, NO_VERSION } from '#events/fact.ts'

import type { LogView } from '#infra/log/decide-append.ts'
import { isShown, presented } from '#infra/log/lift.ts'
import {
  firstVisibleVersion,
  isTooOld,
  type StreamState,
  subjectAfter,
  subjectOf,
} from '#infra/log/stream-state.ts'

const NEW_STREAM: StreamState = { version: NO_VERSION, metadata: {}, isEnded: false }

/** The records of a log in memory, and what they say of each stream. */
export class MemoryRecords implements LogView {
  readonly #clock: Clock
  readonly #records: Fact[] = []
  readonly #byId = new Map<string, Fact>()
  readonly #streams = new Map<string, Fact[]>()
  readonly #states = new Map<string, StreamState>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get head(): number {
    return this.#records.length
  }

  state(stream: string): StreamState {
    return this.#states.get(stream) ?? NEW_STREAM
  }

  find(id: string): Fact | undefined {
    return this.#byId.get(id)
  }

  /** Takes in a run of records of one stream. */
  add(run: readonly Fact[]): void {
    const { stream } = run[0]!
    const history = this.#streams.get(stream)
    if (history) history.push(...run)
    else this.#streams.set(stream, [...run])
    for (const record of run) {
      this.#records.push(record)
      this.#byId.set(record.id, record)
    }
    this.#states.set(stream, { ...this.state(stream), version: run.at(-1)!.version })
    const subject = subjectOf(stream)
    if (subject !== undefined) {
      this.#states.set(subject, subjectAfter(this.state(subject), run))
    }
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncGenerator<Fact> {
    const state = this.state(stream)
    const all = this.#streams.get(stream) ?? []
    const first = firstVisibleVersion(state)
    const isBackwards = options.direction === 'backwards'
    const from = options.from ?? (isBackwards ? all.length - 1 : 0)
    const chosen = isBackwards
      ? all.slice(first, Math.max(first, from + 1)).toReversed()
      : all.slice(Math.max(first, from))
    let left = options.limit ?? Number.POSITIVE_INFINITY
    for (const record of chosen) {
      if (left === 0) return
      if (isTooOld(record.meta.at, state.metadata, this.#clock.now())) continue
      left--
      yield presented(record, options.as)
    }
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<Fact> {
    const isBackwards = options.direction === 'backwards'
    const kinds = options.kinds && new Set(options.kinds)
    const after = options.after ?? (isBackwards ? Number.POSITIVE_INFINITY : LOG_START)
    const ordered = isBackwards ? this.#records.toReversed() : this.#records
    let left = options.limit ?? Number.POSITIVE_INFINITY
    for (const record of ordered) {
      if (left === 0) return
      if (isBackwards ? record.position >= after : record.position <= after) continue
      if (!isShown(record.stream, options.as)) continue
      if (kinds && !kinds.has(kindOf(record.stream))) continue
      left--
      yield presented(record, options.as)
    }
  }
}
