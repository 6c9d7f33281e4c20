import {
  AppendRefused,
  type AppendResult,
  type ExpectedVersion,
  LOG_LIMITS,
  LogUnavailable,
  VersionConflict,
} from '#events/event-log.ts'
import type { Fact, NewFact } from '#events/fact.ts'

import { findRepeated, isAsExpected } from '#infra/log/append-rules.ts'
import { transact } from '#infra/lmdb/environment.ts'
import type { LogIndex } from '#infra/lmdb/log-index.ts'
import { encodeFact } from '#infra/lmdb/record.ts'
import { type LogTables, readFact } from '#infra/lmdb/tables.ts'

/** An append that waits for its group. */
export interface PendingAppend {
  readonly stream: string
  readonly facts: readonly NewFact[]
  readonly expected: ExpectedVersion
  readonly resolve: (result: AppendResult) => void
  readonly reject: (cause: unknown) => void
}

/** A group that is in the file. */
export interface Committed {
  readonly facts: readonly Fact[]
  /** Of the facts as JSON. */
  readonly sizeBytes: number
  /** Tells those who wait for their appends. */
  readonly settle: () => void
}

const VERSIONS_CACHED = 100_000

/**
 * Decides one group of appends after the other and writes each in one transaction. It is the
 * only writer of the file, so it may keep the versions of the streams in memory.
 */
export class GroupCommit {
  readonly #tables: LogTables
  readonly #index: LogIndex
  readonly #versions = new Map<string, number>()

  constructor(tables: LogTables, index: LogIndex) {
    this.#tables = tables
    this.#index = index
  }

  /**
   * Writes what the group decides, after the position `head`. Returns the facts recorded, in
   * log order, and what settles the group's appends. Throws `LogUnavailable`, with every append rejected by it
   * and nothing remembered, when the write failed.
   */
  async commit(group: readonly PendingAppend[], head: number): Promise<Committed> {
    const plan = new GroupPlan(this.#tables, this.#index, this.#versions, head)
    const settles = group.map((append) => plan.add(append))
    try {
      await plan.write()
    } catch (cause) {
      const failure = new LogUnavailable('the log cannot be written', cause)
      for (const append of group) append.reject(failure)
      throw failure
    }
    for (const [stream, version] of plan.versions) this.#remember(stream, version)
    return {
      facts: plan.facts,
      sizeBytes: plan.sizeBytes,
      settle() {
        for (const settle of settles) settle()
      },
    }
  }

  #remember(stream: string, version: number): void {
    this.#versions.delete(stream)
    this.#versions.set(stream, version)
    if (this.#versions.size <= VERSIONS_CACHED) return
    const oldest = this.#versions.keys().next()
    if (!oldest.done) this.#versions.delete(oldest.value)
  }
}

/** What one group will write, as it grows. Later appends see the earlier ones. */
class GroupPlan {
  readonly facts: Fact[] = []
  readonly versions = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #appends: (readonly Fact[])[] = []
  readonly #byId = new Map<string, Fact>()
  readonly #tables: LogTables
  readonly #index: LogIndex
  readonly #known: ReadonlyMap<string, number>
  #position: number
  sizeBytes = 0

  constructor(
    tables: LogTables,
    index: LogIndex,
    known: ReadonlyMap<string, number>,
    position: number,
  ) {
    this.#tables = tables
    this.#index = index
    this.#known = known
    this.#position = position
  }

  /** Takes an append into the group; the answer settles it once the group is written. */
  add(append: PendingAppend): () => void {
    try {
      const result = this.#decide(append)
      return () => append.resolve(result)
    } catch (cause) {
      return () => append.reject(cause)
    }
  }

  #decide({ stream, facts, expected }: PendingAppend): AppendResult {
    const repeated = findRepeated(stream, facts, (id) => this.#find(id))
    if (repeated) {
      const { version, position } = repeated.at(-1)!
      return { version, position, facts: repeated }
    }
    const actual =
      this.versions.get(stream) ?? this.#known.get(stream) ?? this.#index.lastVersion(stream)
    if (!isAsExpected(expected, actual)) throw new VersionConflict(stream, expected, actual)
    const recorded = facts.map((fact, index) => ({
      id: fact.id,
      type: fact.type,
      data: fact.data,
      meta: fact.meta,
      stream,
      version: actual + 1 + index,
      position: this.#position + 1 + index,
    }))
    const texts = recorded.map(encodeWithinLimit)
    this.versions.set(stream, actual + recorded.length)
    this.#appends.push(recorded)
    for (const [index, fact] of recorded.entries()) {
      this.facts.push(fact)
      this.#texts.push(texts[index]!)
      this.sizeBytes += texts[index]!.length
      this.#byId.set(fact.id, fact)
    }
    this.#position += recorded.length
    return { version: actual + recorded.length, position: this.#position, facts: recorded }
  }

  #find(id: string): Fact | undefined {
    const planned = this.#byId.get(id)
    if (planned) return planned
    const position = this.#index.positionOfId(id)
    return position === undefined ? undefined : readFact(this.#tables, position)
  }

  async write(): Promise<void> {
    if (this.facts.length === 0) return
    const { env, log } = this.#tables
    const isIndexDue = this.#index.isDue
    await transact(env, () => {
      for (const [index, fact] of this.facts.entries()) {
        void log.put(fact.position, this.#texts[index]!)
      }
      if (isIndexDue) this.#index.write()
    })
    if (isIndexDue) this.#index.forget()
    for (const facts of this.#appends) this.#index.add(facts)
  }
}

/** Throws `AppendRefused` for a fact that other logs could not take. */
function encodeWithinLimit(fact: Fact): string {
  const text = encodeFact(fact)
  if (text.length > LOG_LIMITS.factBytes) {
    throw new AppendRefused(`${fact.type} is larger than ${LOG_LIMITS.factBytes} bytes`)
  }
  return text
}
