import type { StreamMetadata } from '#events/event-log.ts'

import type { StreamState } from '#infra/log/stream-state.ts'
import type { LogIndex } from '#infra/lmdb/log-index.ts'
import type { LogTables } from '#infra/lmdb/tables.ts'

const NO_METADATA: StreamMetadata = {}

/** The newest `$metadata` record of a stream and whether it is tombstoned, as the table has it. */
interface MetadataRow {
  readonly metadata: StreamMetadata
  readonly isEnded: boolean
}

/** The state of a stream as the file and the index have it. */
export function readState(tables: LogTables, index: LogIndex, stream: string): StreamState {
  const version = index.lastVersion(stream)
  const text = tables.metadata.get(stream)
  if (text === undefined) return { version, metadata: NO_METADATA, isEnded: false }
  const { metadata, isEnded } = JSON.parse(text) as MetadataRow
  return { version, metadata, isEnded }
}

export function metadataRow({ metadata, isEnded }: StreamState): string {
  return JSON.stringify({ metadata, isEnded } satisfies MetadataRow)
}

/**
 * States in the younger half. It must exceed what waits to be written, three streams an append,
 * because a state that is decided and not yet written is nowhere else.
 */
const YOUNG_STATES = 300_000

/** The states of the streams that were decided last: the only writer may keep them in memory. */
export class StreamStates {
  readonly #tables: LogTables
  readonly #index: LogIndex
  #young = new Map<string, StreamState>()
  #old = new Map<string, StreamState>()

  constructor(tables: LogTables, index: LogIndex) {
    this.#tables = tables
    this.#index = index
  }

  get(stream: string): StreamState {
    return (
      this.#young.get(stream) ??
      this.#old.get(stream) ??
      readState(this.#tables, this.#index, stream)
    )
  }

  set(stream: string, state: StreamState): void {
    this.#young.set(stream, state)
    if (this.#young.size <= YOUNG_STATES) return
    this.#old = this.#young
    this.#young = new Map()
  }

  /** Goes back to what is in the file. */
  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
  }
}
