import { UnavailableError } from '@eventstore/db-client'
import { afterEach, expect, it } from 'vitest'

import type { EventLog } from '#events/event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

import { startDoor, type TestDoor } from '#test/conformance/eventstore-door.ts'
import { event } from '#test/conformance/eventstore-door-per-test.ts'

let door: TestDoor
afterEach(() => door.stop())

/** A log in which somebody else is always first to write the metadata, so many times. */
function contended(times: number): EventLog {
  const inner = createMemoryEventLog()
  let left = times
  return {
    ...inner,
    async append(stream, facts, expected) {
      if (stream === '$$thing-1' && left-- > 0) {
        await inner.writeMetadata('thing-1', { maxCount: 100 + left })
      }
      return await inner.append(stream, facts, expected)
    },
  }
}

it('a stream is deleted though its metadata is written at the same time', async () => {
  door = await startDoor({ log: contended(4) })
  const client = door.client()
  await client.appendToStream('thing-1', event())
  await client.deleteStream('thing-1')
  await expect(Array.fromAsync(client.readStream('thing-1'))).rejects.toMatchObject({
    type: 'stream-not-found',
  })
})

it('a deletion that never gets its turn is to be tried later, and is no conflict', async () => {
  door = await startDoor({ log: contended(5) })
  const client = door.client()
  await client.appendToStream('thing-1', event())
  await expect(client.deleteStream('thing-1')).rejects.toBeInstanceOf(UnavailableError)
  expect(await Array.fromAsync(client.readStream('thing-1'))).toHaveLength(1)
})
