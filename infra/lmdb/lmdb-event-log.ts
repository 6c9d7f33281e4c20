import type { Clock } from '#events/clock.ts'
import {
  type EventLog,
  type LogHealth,
  LOG_LIMITS,
  LogUnavailable,
  type StreamMetadata,
} from '#events/event-log.ts'

import { assertAppendable } from '#infra/log/append-rules.ts'
import { followLog } from '#infra/log/follow-log.ts'
import { RecentFacts } from '#infra/log/recent-facts.ts'
import { GroupCommit, type PendingAppend } from '#infra/lmdb/group-commit.ts'
import { transact } from '#infra/lmdb/environment.ts'
import { LogIndex } from '#infra/lmdb/log-index.ts'
import { readAllFacts, readStreamFacts } from '#infra/lmdb/read-facts.ts'
import { lastPosition, type LogTables, openTables } from '#infra/lmdb/tables.ts'

export interface LmdbEventLogOptions {
  /** Folder of the log's file; made if it is not there. */
  readonly path: string
  readonly clock: Clock
  /**
   * `fsync`: an append survives a power cut. `commit`: it survives the end of the process; a
   * power cut may damage the file.
   */
  readonly durability?: 'fsync' | 'commit'
  /** For a second process that only reads, beside the one that writes. */
  readonly readOnly?: boolean
  /** Appends after which the index in the file is brought up to date. Default 8,192. */
  readonly indexEvery?: number
  /** Told of each write that failed. */
  readonly report?: (cause: unknown) => void
}

/** Decoded facts kept for live subscribers; a slower one reads the file. */
const RECENT_FACTS = 8_192
/** Appends that may wait; beyond that `append` rejects at once. */
const WAITING_APPENDS = 100_000
/** How long after a failed write the next one is tried. */
const PROBE_AFTER_MS = 1_000

/**
 * The embedded log: one LMDB file, one writer. Appends that arrive while a group is being
 * written form the next group, so that one flush serves them all.
 */
export function createLmdbEventLog(options: LmdbEventLogOptions): EventLog {
  const { path, clock, durability = 'fsync', readOnly = false, indexEvery = 8_192 } = options
  const tables = openTables({ path, readOnly, isDurable: durability === 'fsync' })
  const head = lastPosition(tables)
  const index = new LogIndex(tables, indexEvery)
  const recent = new RecentFacts(head, RECENT_FACTS)
  const writer = new Writer(tables, index, recent, options)

  const readMetadata = async (stream: string): Promise<StreamMetadata> => {
    const text = tables.metadata.get(stream)
    return text === undefined ? {} : (JSON.parse(text) as StreamMetadata)
  }

  return {
    append(stream, facts, expected) {
      return new Promise((resolve, reject) => {
        if (readOnly) throw new LogUnavailable('the log is open for reading only')
        assertAppendable(stream, facts)
        writer.enqueue({ stream, facts, expected, resolve, reject })
      })
    },
    async *readStream(stream, readOptions = {}) {
      const metadata = await readMetadata(stream)
      for await (const fact of readStreamFacts(tables, index, stream, metadata, readOptions)) {
        if (isTooOld(fact.meta.at, metadata, clock)) continue
        yield fact
      }
    },
    readAll: (readOptions = {}) => readAllFacts(tables, index, readOptions),
    subscribe: (subscribeOptions, handlers) =>
      followLog(recent, (o) => readAllFacts(tables, index, o), subscribeOptions, handlers),
    streamVersion: async (stream) => index.lastVersion(stream),
    head: async () => recent.head,
    readMetadata,
    async writeMetadata(stream, metadata) {
      await transact(tables.env, () => void tables.metadata.put(stream, JSON.stringify(metadata)))
    },
    health: () => writer.health(),
    async close() {
      await writer.close()
      recent.wake()
      await tables.env.close()
    },
  }
}

function isTooOld(at: number, { maxAgeMs }: StreamMetadata, clock: Clock): boolean {
  return maxAgeMs !== undefined && at < clock.now() - maxAgeMs
}

/** The queue of appends and the loop that writes them, one group at a time. */
class Writer {
  readonly #tables: LogTables
  readonly #index: LogIndex
  readonly #recent: RecentFacts
  readonly #clock: Clock
  readonly #commit: GroupCommit
  #waiting: PendingAppend[] = []
  #writing: Promise<void> | undefined
  #failure: LogUnavailable | undefined
  #cancelProbe: (() => void) | undefined
  readonly #isReadOnly: boolean
  readonly #report: (cause: unknown) => void
  #isClosed = false

  constructor(
    tables: LogTables,
    index: LogIndex,
    recent: RecentFacts,
    { clock, readOnly = false, report = () => {} }: LmdbEventLogOptions,
  ) {
    this.#isReadOnly = readOnly
    this.#report = report
    this.#tables = tables
    this.#index = index
    this.#recent = recent
    this.#clock = clock
    this.#commit = new GroupCommit(tables, index)
  }

  health(): LogHealth {
    if (this.#isClosed) return { writable: false, reason: 'the log is closed' }
    if (this.#failure) return { writable: false, reason: this.#failure.message }
    return { writable: true }
  }

  enqueue(append: PendingAppend): void {
    if (this.#isClosed) throw new LogUnavailable('the log is closed')
    if (this.#failure) throw this.#failure
    if (this.#waiting.length >= WAITING_APPENDS) {
      throw new LogUnavailable('too many appends are waiting')
    }
    this.#waiting.push(append)
    // All appends of this turn of the event loop join the first group.
    this.#writing ??= Promise.resolve().then(() => this.#writeAll())
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#failure) {
      try {
        const { facts, sizeBytes, settle } = await this.#commit.commit(
          this.#nextGroup(),
          this.#recent.head,
        )
        // Whoever hears that an append is done finds it at the head.
        this.#recent.push(facts, sizeBytes)
        settle()
      } catch (cause) {
        this.#fail(cause as LogUnavailable)
      }
    }
    this.#writing = undefined
  }

  /** As many appends as fit in a group by their facts. */
  #nextGroup(): PendingAppend[] {
    let facts = 0
    let size = 0
    while (size < this.#waiting.length && facts < LOG_LIMITS.factsPerAppend) {
      facts += this.#waiting[size++]!.facts.length
    }
    return this.#waiting.splice(0, size)
  }

  /** Refuses appends until a write succeeds again; nothing of the failed group is in the file. */
  #fail(failure: LogUnavailable): void {
    this.#failure = failure
    this.#report(failure)
    for (const append of this.#waiting.splice(0)) append.reject(failure)
    this.#cancelProbe = this.#clock.after(PROBE_AFTER_MS, () => void this.#probe())
  }

  async #probe(): Promise<void> {
    try {
      const { env, info } = this.#tables
      await transact(env, () => void info.put('probe', this.#clock.now()))
    } catch (cause) {
      this.#fail(new LogUnavailable('the log still cannot be written', cause))
      return
    }
    this.#failure = undefined
  }

  async close(): Promise<void> {
    this.#cancelProbe?.()
    await this.#writing
    this.#isClosed = true
    if (this.#failure || this.#isReadOnly) return
    // The index is filed, so that the next start has nothing to read again.
    await transact(this.#tables.env, () => this.#index.write())
    this.#index.forget()
  }
}
