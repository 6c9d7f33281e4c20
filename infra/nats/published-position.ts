import type { Nats } from '#infra/nats/connect-nats.ts'
import { lastOf } from '#infra/nats/fact-stream.ts'
import { FACT_PLACE } from '#infra/nats/fact-subjects.ts'
import { natsTrouble } from '#infra/nats/nats-trouble.ts'

/**
 * The position up to which the log has been published: that of the last message in the stream.
 * No other store could be as exact. Undefined when the stream holds no fact.
 */
export async function publishedPosition(
  nats: Nats,
  stream: string = FACT_PLACE.stream,
): Promise<number | undefined> {
  try {
    return (await lastOf(nats, stream)).position
  } catch (cause) {
    throw natsTrouble(`the last message of ${stream} cannot be read`, cause)
  }
}
