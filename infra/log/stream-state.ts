import { DELETED, type StreamMetadata } from '#events/event-log.ts'
import { metadataOfData } from '#events/eventstore-form.ts'
import { type Fact, METADATA_TYPE, TOMBSTONE_TYPE } from '#events/fact.ts'

/** What a log must know of a stream to take an append, and to show its facts. */
export interface StreamState {
  /** Of its last fact, hidden or not; `NO_VERSION` without any. */
  readonly version: number
  readonly metadata: StreamMetadata
  /** Whether it has been tombstoned. */
  readonly isEnded: boolean
}

const METADATA_PREFIX = '$$'

/** The stream that a metadata stream is about; undefined for any other stream. */
export function subjectOf(stream: string): string | undefined {
  return stream.startsWith(METADATA_PREFIX) ? stream.slice(METADATA_PREFIX.length) : undefined
}

/** Whether all of a stream is hidden, until it is appended to again. */
export function isDeleted({ metadata }: StreamState): boolean {
  return metadata.truncateBefore !== undefined && metadata.truncateBefore >= DELETED
}

/** What is known of a metadata stream's subject after these records in it. */
export function subjectAfter(subject: StreamState, records: readonly Fact[]): StreamState {
  let { metadata, isEnded } = subject
  for (const { type, data } of records) {
    if (type === METADATA_TYPE) metadata = metadataOfData(data)
    else if (type === TOMBSTONE_TYPE) isEnded = true
  }
  return { version: subject.version, metadata, isEnded }
}

/** The first version of a stream that is visible; beyond the last one when none is. */
export function firstVisibleVersion({ version, metadata, isEnded }: StreamState): number {
  if (isEnded) return version + 1
  const byCount = metadata.maxCount === undefined ? 0 : version + 1 - metadata.maxCount
  return Math.max(0, metadata.truncateBefore ?? 0, byCount)
}

/** Whether a fact has grown older than its stream keeps. */
export function isTooOld(at: number, { maxAgeMs }: StreamMetadata, nowMs: number): boolean {
  return maxAgeMs !== undefined && at < nowMs - maxAgeMs
}
