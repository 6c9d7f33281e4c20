/** A state kept so that an actor need not be folded from its first fact. */
export interface StoredSnapshot {
  /** The machine's `snapshotSchema` when it was taken. */
  readonly schema: number
  readonly version: number
  readonly position: number
  readonly value: string
  readonly context: unknown
  /** The newest command ids with the versions of their facts: [id, first version, count]. */
  readonly commands: readonly (readonly [string, number, number])[]
}

/**
 * What the host keeps beside the log to be faster. All of it can be made again from the log:
 * losing it loses nothing.
 */
export interface HostStore {
  loadSnapshot(stream: string): Promise<StoredSnapshot | undefined>
  saveSnapshot(stream: string, snapshot: StoredSnapshot): Promise<void>
  /** Streams with a deadline and when it is due, in milliseconds since 1970. */
  loadDeadlines(): Promise<ReadonlyMap<string, number>>
  /** Sets or (with null) clears deadlines, together with the checkpoint of their keeper. */
  saveDeadlines(changes: ReadonlyMap<string, number | null>, through: number): Promise<void>
  /** The position up to which a consumer of facts has done its work, or `LOG_START`. */
  loadCheckpoint(consumer: string): Promise<number>
  saveCheckpoint(consumer: string, position: number): Promise<void>
  close(): Promise<void>
}

/** The name under which `saveDeadlines` keeps its checkpoint. */
export const DEADLINE_CONSUMER = 'deadlines'
