import type { AppendReq } from '@eventstore/db-client/generated/streams_pb.js'

/** An event as a client proposes it. */
export interface ProposedRecord {
  readonly id: string
  readonly type: string
  readonly contentType: string
  readonly data: Buffer
  readonly metadata: Buffer
  /** Other than the next of its stream: a tombstone's. */
  readonly version?: bigint
  /** Other than the position at which it is committed: of an explicit transaction. */
  readonly prepare?: bigint
}

export interface ForeignRecord extends ProposedRecord {
  readonly stream: string
  readonly version: bigint
  readonly position: bigint
  readonly prepare: bigint
  /** In units of 100 ns since 1970. */
  readonly created: bigint
}

/**
 * What EventStoreDB does with an append to a stream that holds `own` (CheckCommit of its
 * IndexWriter): it takes it, answers a repeated one with the last event of the first, or refuses.
 * It compares ids only behind the expected version, and has forgotten those of all streams.
 */
export function checkCommit(
  own: readonly ForeignRecord[],
  options: AppendReq.Options,
  proposed: readonly ProposedRecord[],
): 'append' | 'conflict' | ForeignRecord {
  if (options.hasAny()) return 'append'
  if (options.hasStreamExists()) return own.length > 0 ? 'append' : 'conflict'
  const expected = options.hasNoStream() ? -1 : Number(options.getRevision())
  if (expected === own.length - 1) return 'append'
  if (expected > own.length - 1) return 'conflict'
  const after = own.slice(expected + 1, expected + 1 + proposed.length)
  const isSame = proposed.every(({ id }, index) => after[index]?.id === id)
  return isSame ? after.at(-1)! : 'conflict'
}
