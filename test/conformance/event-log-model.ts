import {
  AppendRefused,
  DELETED,
  type EventLog,
  type ExpectedVersion,
  type ReadStreamOptions,
  StreamEnded,
  type StreamMetadata,
  VersionConflict,
} from '#events/event-log.ts'
import {
  type Fact,
  isSystemStream,
  kindOf,
  METADATA_TYPE,
  metadataStreamOf,
  type NewFact,
  TOMBSTONE_TYPE,
} from '#events/fact.ts'

/** A change of the log, as a writer asks for it. */
export type Change =
  | {
      readonly what: 'append'
      readonly stream: string
      readonly facts: readonly NewFact[]
      readonly expected: ExpectedVersion
    }
  | { readonly what: 'metadata'; readonly stream: string; readonly metadata: StreamMetadata }
  | { readonly what: 'tombstone'; readonly stream: string; readonly expected: ExpectedVersion }

/** How a change ends: with the versions of its facts, or a refusal. */
export type Outcome = readonly number[] | 'done' | 'conflict' | 'ended' | 'refused'

/** Of a record what a model knows: a system record's id is the log's own affair. */
export interface Entry {
  readonly stream: string
  readonly version: number
  readonly type: string
  /** Undefined for system records. */
  readonly id: string | undefined
}

/** What every event log is: a list, and what each stream shows of it. */
export class LogModel {
  readonly entries: Entry[]
  readonly #metadata: Map<string, StreamMetadata>
  readonly #ended: Set<string>

  constructor(from?: LogModel) {
    this.entries = from ? [...from.entries] : []
    this.#metadata = new Map(from ? from.#metadata : [])
    this.#ended = new Set(from ? from.#ended : [])
  }

  version(stream: string): number {
    return this.entries.filter((entry) => entry.stream === stream).length - 1
  }

  metadata(stream: string): StreamMetadata {
    return this.#metadata.get(stream) ?? {}
  }

  /**
   * What a log may answer instead: when an append to a stream that has ended brings ids that are
   * recorded already, the port does not say which of the two it is refused for.
   */
  alsoRight(change: Change): Outcome | undefined {
    if (change.what !== 'append' || !this.#ended.has(change.stream)) return undefined
    const ids = new Set(change.facts.map(({ id }) => id))
    return this.entries.some(({ id }) => id !== undefined && ids.has(id)) ? 'refused' : undefined
  }

  apply(change: Change): Outcome {
    const { stream } = change
    if (this.#ended.has(stream)) return 'ended'
    if (change.what === 'append') return this.#append(stream, change.facts, change.expected)
    if (change.what === 'metadata') {
      this.#setMetadata(stream, change.metadata)
      return 'done'
    }
    if (!this.#isAsExpected(stream, change.expected)) return 'conflict'
    this.#add(metadataStreamOf(stream), TOMBSTONE_TYPE)
    this.#ended.add(stream)
    return 'done'
  }

  #append(stream: string, facts: readonly NewFact[], expected: ExpectedVersion): Outcome {
    const known = facts.map(({ id }) => this.entries.find((entry) => entry.id === id))
    if (known.some((entry) => entry !== undefined)) {
      const first = known[0]?.version ?? 0
      const isWhole = known.every(
        (entry, index) => entry?.stream === stream && entry.version === first + index,
      )
      return isWhole ? known.map((entry) => entry!.version) : 'refused'
    }
    if (!this.#isAsExpected(stream, expected)) return 'conflict'
    if (this.#isDeleted(stream)) {
      const truncateBefore = this.version(stream) + 1
      this.#setMetadata(stream, { ...this.metadata(stream), truncateBefore })
    }
    return facts.map(({ id, type }) => this.#add(stream, type, id))
  }

  #isAsExpected(stream: string, expected: ExpectedVersion): boolean {
    const version = this.version(stream)
    const isThere = version >= 0 && !this.#isDeleted(stream)
    if (expected === 'any') return true
    if (expected === 'exists') return isThere
    if (expected === 'no-stream' || expected === -1) return !isThere
    return expected === version
  }

  #isDeleted(stream: string): boolean {
    return (this.metadata(stream).truncateBefore ?? 0) >= DELETED
  }

  #setMetadata(stream: string, metadata: StreamMetadata): void {
    this.#add(metadataStreamOf(stream), METADATA_TYPE)
    this.#metadata.set(stream, metadata)
  }

  #add(stream: string, type: string, id?: string): number {
    const version = this.version(stream) + 1
    this.entries.push({ stream, version, type, id })
    return version
  }

  readStream(stream: string, options: ReadStreamOptions = {}): Entry[] {
    const { maxCount, truncateBefore = 0 } = this.metadata(stream)
    const version = this.version(stream)
    const least = maxCount === undefined ? 0 : version + 1 - maxCount
    const isBackwards = options.direction === 'backwards'
    const from = options.from ?? (isBackwards ? version : 0)
    const shown = this.#ended.has(stream)
      ? []
      : this.entries
          .filter((entry) => entry.stream === stream)
          .filter((entry) => entry.version >= Math.max(truncateBefore, least))
          .filter((entry) => (isBackwards ? entry.version <= from : entry.version >= from))
    return (isBackwards ? shown.toReversed() : shown).slice(0, options.limit)
  }

  /** What a reader of everything wants, from the entry with this index on. */
  chosen(from: number, { kinds, stream, as }: Wanted): Entry[] {
    return this.entries.slice(from).filter((entry) => {
      if (stream !== undefined) return entry.stream === stream
      if (as !== 'records' && isSystemStream(entry.stream)) return false
      return kinds === undefined || kinds.includes(kindOf(entry.stream))
    })
  }
}

/** Of a reader of everything, or a subscriber: which facts it wants. */
export interface Wanted {
  readonly kinds?: readonly string[]
  readonly stream?: string
  readonly as?: 'facts' | 'records'
}

/** A recorded fact as a model would know it. */
export function entryOf({ stream, version, type, id }: Fact): Entry {
  return { stream, version, type, id: isSystemStream(stream) ? undefined : id }
}

/** Does to a log what a model is told. Throws what is no outcome of the port. */
export async function perform(log: EventLog, change: Change): Promise<Outcome> {
  try {
    if (change.what === 'append') {
      const { facts } = await log.append(change.stream, change.facts, change.expected)
      return facts.map(({ version }) => version)
    }
    if (change.what === 'metadata') await log.writeMetadata(change.stream, change.metadata)
    else await log.tombstone(change.stream, change.expected)
    return 'done'
  } catch (cause) {
    if (cause instanceof VersionConflict) return 'conflict'
    if (cause instanceof StreamEnded) return 'ended'
    if (cause instanceof AppendRefused) return 'refused'
    throw cause
  }
}
