import type { ExpectedVersion } from '#events/event-log.ts'
import { LogUnavailable, StreamEnded } from '#events/event-log.ts'
import { metadataStreamOf, TOMBSTONE_TYPE } from '#events/fact.ts'

import type { AppenderDeps } from '#infra/eventstoredb/appender.ts'
import { positionOf } from '#infra/eventstoredb/event-codec.ts'
import { LogAccessDenied, translated } from '#infra/eventstoredb/failures.ts'
import { readAllPages, type ReadDeps } from '#infra/eventstoredb/read-pages.ts'
import { tombstoneRequest } from '#infra/eventstoredb/requests.ts'

const RETRIES = 3
/** How far back in the log a tombstone is looked for whose position nobody told. */
const LOOK_BACK = 10_000

/** Ends a stream for ever, and answers where that is recorded. */
export async function writeTombstone(
  deps: AppenderDeps,
  stream: string,
  expected: ExpectedVersion,
): Promise<number> {
  const request = tombstoneRequest(stream, expected)
  let isUncertain = false
  for (let attempt = 0; ; attempt++) {
    try {
      if (expected === 'exists' && !isUncertain) await deps.assertExists(stream)
      const position = (await deps.connection.tombstone(request)).getPosition()?.getCommitPosition()
      return position === undefined ? await tombstonePosition(deps, stream) : positionOf(position)
    } catch (cause) {
      const error = translated(cause, { stream, expected })
      // It was the attempt before this one whose answer got lost.
      if (error instanceof StreamEnded && isUncertain) return await tombstonePosition(deps, stream)
      const isPassing = error instanceof LogUnavailable && !(error instanceof LogAccessDenied)
      const { closing } = deps.connection
      if (!isPassing || attempt >= RETRIES || closing.aborted) {
        deps.health.failed(error)
        throw error
      }
      isUncertain = true
      await deps.backoff.pause(attempt, closing)
    }
  }
}

async function tombstonePosition(deps: ReadDeps, stream: string): Promise<number> {
  const metadataStream = metadataStreamOf(stream)
  const options = { direction: 'backwards', limit: LOOK_BACK, as: 'records' } as const
  for await (const record of readAllPages(deps, options)) {
    if (record.type === TOMBSTONE_TYPE && record.stream === metadataStream) return record.position
  }
  throw new LogUnavailable(`${stream} is ended, but where that is recorded is not to be found`)
}
