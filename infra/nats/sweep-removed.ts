import type { Msg } from 'nats'

import type { Nats } from '#infra/nats/connect-nats.ts'
import { timeOf } from '#infra/nats/pull-consumer.ts'
import { StreamReader } from '#infra/nats/stream-reader.ts'

/**
 * A removed key leaves a mark, so that watchers that were away hear of it. This takes away the
 * marks older than `olderThanMs`; a key that was written again meanwhile keeps its value.
 */
export async function sweepRemoved(
  nats: Nats,
  stream: string,
  filter: string,
  isMark: (message: Msg) => boolean,
  olderThanMs: number,
): Promise<void> {
  const before = nats.clock.now() - olderThanMs
  const marks = new Map<string, number>()
  const reader = new StreamReader({
    nats,
    stream,
    after: 'last-per-subject',
    filter,
    handle({ message, sequence }) {
      if (isMark(message) && timeOf(message) < before) marks.set(message.subject, sequence)
      else marks.delete(message.subject)
    },
  })
  await reader.start()
  try {
    await reader.caughtUp()
  } finally {
    await reader.stop()
  }
  const manager = await nats.connection.jetstreamManager({ timeout: nats.requestTimeoutMs })
  for (const [subject, sequence] of marks) {
    await manager.streams.purge(stream, { filter: subject, seq: sequence + 1 })
  }
}
