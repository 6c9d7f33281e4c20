import { once } from 'node:events'

import { PARK } from '@eventstore/db-client'
import { afterEach, expect, it } from 'vitest'

import { type EventLog, LogUnavailable } from '#events/event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { startDoor, type TestDoor } from '#test/conformance/eventstore-door.ts'
import { groupTools, next, nOf, readGroup } from '#test/conformance/eventstore-door-groups.ts'

let door: TestDoor
afterEach(() => door.stop())

/** A door on a log that does something of its own before an append to a stream that ends so. */
async function start(ending: string, before: () => Promise<void>) {
  const inner = createMemoryEventLog()
  const log: EventLog = {
    ...inner,
    async append(stream, facts, expected) {
      if (stream.endsWith(ending)) await before()
      return await inner.append(stream, facts, expected)
    },
  }
  door = await startDoor({ log })
  const client = door.client()
  return { client, ...groupTools(() => client) }
}

it('a message that cannot be parked now comes again', async () => {
  let isFull = true
  const { create, until, write, client } = await start('-parked', async () => {
    if (isFull) throw new LogUnavailable('the disk is full')
  })
  await write('thing-1', 0)
  await create()
  const subscription = readGroup(client)
  await subscription.nack(PARK, 'odd', (await next(subscription))[0]!)
  const [again] = await next(subscription)
  expect(nOf(again!)).toBe(0)
  isFull = false
  await subscription.nack(PARK, 'odd', again!)
  await until(({ stats }) => stats.parkedMessageCount === 1n)
})

it('a server that is noting how far its groups are takes nothing more', async () => {
  const noting = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const { create, until, write, client } = await start('-checkpoint', async () => {
    noting.resolve()
    await gate.promise
  })
  await write('thing-1', 0)
  await create({ checkPointAfter: 3_600_000 })
  const subscription = readGroup(client)
  subscription.on('error', () => {})
  await subscription.ack((await next(subscription))[0]!)
  await until(({ stats }) => stats.totalInFlightMessages === 0)
  const stopped = door.stopServer()
  await noting.promise
  await expect(write('thing-2', 0)).rejects.toMatchObject({ type: 'unavailable' })
  gate.resolve()
  await stopped
})

it('a consumer too many is refused without having been told that it reads', async () => {
  const { create, client } = await start('-', async () => {})
  await create({ maxSubscriberCount: 1 })
  await once(readGroup(client), 'confirmation')
  await expect(once(readGroup(client), 'confirmation')).rejects.toMatchObject({
    type: 'maximum-subscribers-reached',
  })
})
