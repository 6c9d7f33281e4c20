import { DELETED, StreamEnded, type StreamMetadata, VersionConflict } from '#events/event-log.ts'
import { metadataOfData } from '#events/eventstore-form.ts'
import { METADATA_TYPE, metadataStreamOf, NO_VERSION } from '#events/fact.ts'

import { pagesOfAll, type ReadDeps, readStreamPages } from '#infra/eventstoredb/read-pages.ts'
import { factOf } from '#infra/eventstoredb/event-codec.ts'

/** How many records of other kinds are passed over in a metadata stream. */
const METADATA_LOOK_BACK = 100
const SEARCH_PAGE = 100

/** A stream's newest metadata; none for a stream without, or one that is ended. */
export async function readMetadata(deps: ReadDeps, stream: string): Promise<StreamMetadata> {
  const options = { direction: 'backwards', limit: METADATA_LOOK_BACK, as: 'records' } as const
  try {
    for await (const { type, data } of readStreamPages(deps, metadataStreamOf(stream), options)) {
      if (type === METADATA_TYPE) return metadataOfData(data)
    }
  } catch (cause) {
    if (!(cause instanceof StreamEnded)) throw cause
  }
  return {}
}

/**
 * The version of a stream's last fact, hidden or not. A stream that shows a fact is asked alone;
 * one that shows none is looked for in `$all`, if something could hide it.
 */
export async function streamVersion(deps: ReadDeps, stream: string): Promise<number> {
  try {
    const options = { direction: 'backwards', limit: 1, as: 'records' } as const
    for await (const { version } of readStreamPages(deps, stream, options)) return version
    const metadata = await readMetadata(deps, stream)
    if (Object.keys(metadata).length === 0) return NO_VERSION
  } catch (cause) {
    if (!(cause instanceof StreamEnded)) throw cause
  }
  return await versionInAll(deps, stream)
}

async function versionInAll(deps: ReadDeps, stream: string): Promise<number> {
  const asked = {
    from: undefined,
    direction: 'backwards',
    count: () => SEARCH_PAGE,
    filter: { prefixes: [stream] },
  } as const
  for await (const events of pagesOfAll(deps, asked)) {
    for (const event of events) {
      const fact = factOf(event)
      if (fact.stream === stream) return fact.version
    }
  }
  return NO_VERSION
}

/**
 * Throws unless the stream has facts and is not deleted. EventStoreDB's own expectation takes a
 * stream that has nothing but metadata for one that exists.
 */
export async function assertExists(deps: ReadDeps, stream: string): Promise<void> {
  const options = { direction: 'backwards', limit: 1, as: 'records' } as const
  for await (const _ of readStreamPages(deps, stream, options)) return
  const actual = await streamVersion(deps, stream)
  const { truncateBefore } = await readMetadata(deps, stream)
  if (actual === NO_VERSION || truncateBefore === DELETED) {
    throw new VersionConflict(stream, 'exists', actual)
  }
}
