import type { ExpectedVersion } from '#events/event-log.ts'

import { decodeCount, invalid } from '#gateways/eventstoredb/codec.ts'

/** The expected revision of a request: Append, Delete and Tombstone have it in one form. */
interface ExpectedOptions {
  hasRevision(): boolean
  getRevision(): string
  hasNoStream(): boolean
  hasAny(): boolean
  hasStreamExists(): boolean
}

export function decodeExpected(options: ExpectedOptions): ExpectedVersion {
  if (options.hasRevision()) return decodeCount(options.getRevision())
  if (options.hasNoStream()) return 'no-stream'
  if (options.hasAny()) return 'any'
  if (options.hasStreamExists()) return 'exists'
  throw invalid('An expected revision is asked for.')
}
