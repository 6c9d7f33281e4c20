import type { Clock } from '#events/clock.ts'
import { type AppendResult, type LogHealth, LogUnavailable } from '#events/event-log.ts'

import { assertAppendable } from '#infra/log/append-rules.ts'
import type { AppendRequest } from '#infra/log/decide-append.ts'
import type { RecentFacts } from '#infra/log/recent-facts.ts'
import { AppendPlanner } from '#infra/lmdb/append-planner.ts'
import { type AppendUnit, PendingAppend } from '#infra/lmdb/append-unit.ts'
import { transact } from '#infra/lmdb/environment.ts'
import type { LogIndex } from '#infra/lmdb/log-index.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'
import { writeUnits } from '#infra/lmdb/write-units.ts'

export interface LogWriterOptions {
  readonly clock: Clock
  readonly report: (cause: unknown) => void
}

/** Appends that may wait; beyond that they are refused at once. */
const WAITING_APPENDS = 100_000
/** And so many bytes of them. */
const WAITING_BYTES = 128 * 1024 * 1024
/** How long after a failed write the next one is tried. */
const PROBE_AFTER_MS = 1_000
/** Units in one transaction: as a bulk of appends is written, others wait for it. */
const UNITS_AT_ONCE = 64
/** Bytes in one transaction, about: putting them blocks the one thread. */
const BYTES_AT_ONCE = 8 * 1024 * 1024

/** Takes appends and writes them, one transaction at a time. */
export class LogWriter {
  readonly #tables: LogTables
  readonly #index: LogIndex
  readonly #recent: RecentFacts
  readonly #options: LogWriterOptions
  readonly #planner: AppendPlanner
  #waiting = 0
  #writing: Promise<void> | undefined
  #failure: LogUnavailable | undefined
  #cancelProbe: (() => void) | undefined
  #isClosed = false

  constructor(tables: LogTables, index: LogIndex, recent: RecentFacts, options: LogWriterOptions) {
    this.#tables = tables
    this.#index = index
    this.#recent = recent
    this.#options = options
    this.#planner = new AppendPlanner(tables, index)
  }

  health(): LogHealth {
    if (this.#isClosed) return { writable: false, reason: 'the log is closed' }
    if (this.#failure) return { writable: false, reason: this.#failure.message }
    return { writable: true }
  }

  /** Resolves when the append is durable. */
  append(request: AppendRequest): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new LogUnavailable('the log is closed')
      if (this.#failure) throw this.#failure
      if (this.#waiting >= WAITING_APPENDS || this.#planner.waitingBytes >= WAITING_BYTES) {
        throw new LogUnavailable('too many appends are waiting')
      }
      assertAppendable(request.stream, request.facts)
      this.#waiting++
      this.#planner.add(new PendingAppend(request, resolve, reject))
      // All appends of this turn of the event loop join the first group.
      this.#writing ??= Promise.resolve().then(() => this.#writeAll())
    })
  }

  /**
   * Writes what waits until nothing does. Those whose append has been written are told while the
   * next one is on its way to the disk, so that what they append then is decided meanwhile.
   */
  async #writeAll(): Promise<void> {
    let settle = () => {}
    while (this.#planner.waitingUnits > 0) {
      const units = this.#planner.next(UNITS_AT_ONCE, BYTES_AT_ONCE)
      try {
        await writeUnits(this.#tables, this.#index, units, settle)
      } catch (cause) {
        this.#fail(new LogUnavailable('the log cannot be written', cause), units)
        this.#writing = undefined
        return
      }
      this.#planner.confirm(units)
      // Whoever hears that an append is done finds it at the head.
      for (const { facts, sizeBytes } of units) this.#recent.push(facts, sizeBytes)
      settle = () => this.#settle(units)
    }
    settle()
    this.#writing = undefined
  }

  #settle(units: readonly AppendUnit[]): void {
    for (const { appends } of units) {
      this.#waiting -= appends.length
      for (const append of appends) append.settle()
    }
  }

  /** Refuses appends until a write succeeds again; nothing of the failed units is in the file. */
  #fail(failure: LogUnavailable, written: readonly AppendUnit[] = []): void {
    this.#failure = failure
    this.#options.report(failure)
    for (const { appends } of [...written, ...this.#planner.abandon()]) {
      this.#waiting -= appends.length
      for (const append of appends) append.reject(failure)
    }
    if (this.#isClosed) return
    this.#cancelProbe = this.#options.clock.after(PROBE_AFTER_MS, () => void this.#probe())
  }

  async #probe(): Promise<void> {
    try {
      const { env, info } = this.#tables
      await transact(env, () => void info.put('probe', this.#options.clock.now()))
    } catch (cause) {
      this.#fail(new LogUnavailable('the log still cannot be written', cause))
      return
    }
    this.#failure = undefined
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#writing
    this.#cancelProbe?.()
    if (this.#failure) return
    // The index is filed, so that the next start has nothing to read again.
    let forget = () => {}
    await transact(this.#tables.env, () => {
      forget = this.#index.writeWhole()
    })
    forget()
  }
}
