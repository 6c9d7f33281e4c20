import type { Clock, Ids } from '#events/clock.ts'
import type { ExpectedVersion, StreamMetadata } from '#events/event-log.ts'
import { metadataDataOf } from '#events/eventstore-form.ts'
import { METADATA_TYPE, metadataStreamOf, TOMBSTONE_TYPE } from '#events/fact.ts'
import { uncausedFact } from '#events/uncaused-fact.ts'

import type { AppendRequest } from '#infra/log/decide-append.ts'

/** The records that a log makes itself, as appends to the metadata's streams. */
export function createSystemRecords(clock: Clock, ids: Ids) {
  const record = (type: string, data: unknown) => uncausedFact({ clock, ids }, type, data)
  return {
    metadata: (stream: string, metadata: StreamMetadata): AppendRequest => ({
      stream: metadataStreamOf(stream),
      facts: [record(METADATA_TYPE, metadataDataOf(metadata))],
      expected: 'any',
    }),
    tombstone: (stream: string, expected: ExpectedVersion): AppendRequest => ({
      stream: metadataStreamOf(stream),
      facts: [record(TOMBSTONE_TYPE, {})],
      expected: 'any',
      provided: { stream, expected },
    }),
  }
}
