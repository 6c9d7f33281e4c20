import type { Clock, Ids } from '#events/clock.ts'
import type { ExpectedVersion, StreamMetadata } from '#events/event-log.ts'
import { metadataDataOf } from '#events/eventstore-form.ts'
import { METADATA_TYPE, metadataStreamOf, type NewFact, TOMBSTONE_TYPE } from '#events/fact.ts'

import type { AppendRequest } from '#infra/log/decide-append.ts'

/** The records that a log makes itself, as appends to the metadata's streams. */
export function createSystemRecords(clock: Clock, ids: Ids) {
  function record(type: string, data: unknown): NewFact {
    const id = ids.next()
    return {
      id,
      type,
      data,
      meta: {
        at: clock.now(),
        by: null,
        connection: null,
        commandId: id,
        correlationId: id,
        causationId: null,
        schema: 1,
      },
    }
  }
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
