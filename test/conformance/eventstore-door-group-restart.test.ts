import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type EventStoreDBClient, PARK } from '@eventstore/db-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { systemClock } from '#infra/clock/system-clock.ts'
import { createLmdbEventLog } from '#infra/lmdb/lmdb-event-log.ts'
import { startDoor, type TestDoor } from '#test/conformance/eventstore-door.ts'
import { groupTools, next, nOf, readGroup } from '#test/conformance/eventstore-door-groups.ts'

let door: TestDoor
let client: EventStoreDBClient
const { create, info, until, write } = groupTools(() => client)
beforeEach(async () => {
  door = await startDoor()
  client = door.client()
})
afterEach(() => door.stop())

describe('a restart', () => {
  const restart = async () => {
    await door.stopServer()
    const { system } = door
    const stopFirst = door.stop
    door = await startDoor({ system })
    const stopSecond = door.stop
    door = {
      ...door,
      async stop() {
        await stopSecond()
        await stopFirst()
      },
    }
    client = door.client()
  }

  it('keeps settings, what is settled and what is parked; what was not settled comes again', async () => {
    await write('thing-1', 0, 1, 2, 3)
    await create({ maxRetryCount: 7 })
    const subscription = readGroup(client)
    subscription.on('error', () => {})
    const [zero, one] = await next(subscription, 4)
    await subscription.ack(zero!)
    await subscription.nack(PARK, 'odd', one!)
    await until(({ stats }) => stats.parkedMessageCount === 1n)
    await restart()
    const kept = await info()
    expect(kept.settings.maxRetryCount).toBe(7)
    expect(kept.stats).toMatchObject({
      parkedMessageCount: 1n,
      lastCheckpointedEventRevision: 1n,
    })
    const again = readGroup(client)
    expect((await next(again, 2)).map(nOf)).toEqual([2, 3])
    await client.replayParkedMessagesToStream('thing-1', 'g')
    expect((await next(again)).map(nOf)).toEqual([1])
  })

  it('of the subsystem alone drops consumers, who come again', async () => {
    await write('thing-1', 0)
    await create()
    const subscription = readGroup(client)
    const dropped = once(subscription, 'end')
    expect((await next(subscription)).map(nOf)).toEqual([0])
    await Promise.all([
      expect(dropped).rejects.toMatchObject({ type: 'persistent-subscription-dropped' }),
      client.restartPersistentSubscriptionSubsystem(),
    ])
    expect((await next(readGroup(client))).map(nOf)).toEqual([0])
  })

  it('leaves nothing of a group that was ended to one of the same name', async () => {
    await write('thing-1', 0, 1)
    await create()
    const subscription = readGroup(client)
    const [zero, one] = await next(subscription, 2)
    await subscription.nack(PARK, 'odd', zero!)
    await subscription.ack(one!)
    await until(({ stats }) => stats.parkedMessageCount === 1n)
    subscription.on('error', () => {})
    await client.deletePersistentSubscriptionToStream('thing-1', 'g')
    await create()
    expect((await info()).stats).toMatchObject({ parkedMessageCount: 0n })
    expect((await next(readGroup(client), 2)).map(nOf)).toEqual([0, 1])
  })

  it('with the log itself opened anew keeps the same', async () => {
    const path = await mkdtemp(join(tmpdir(), 'veza-door-'))
    const open = () => createLmdbEventLog({ path, clock: systemClock })
    const { system } = door
    let log = open()
    let inner = await startDoor({ system: { ...system, log } })
    client = inner.client()
    await write('thing-1', 0, 1, 2)
    await create()
    const subscription = readGroup(client)
    subscription.on('error', () => {})
    const [zero, one] = await next(subscription, 3)
    await subscription.ack(zero!)
    await subscription.nack(PARK, 'odd', one!)
    await until(({ stats }) => stats.parkedMessageCount === 1n)
    await inner.stop()
    await log.close()
    log = open()
    inner = await startDoor({ system: { ...system, log } })
    client = inner.client()
    expect((await info()).stats.parkedMessageCount).toBe(1n)
    const again = readGroup(client)
    expect((await next(again)).map(nOf)).toEqual([2])
    await client.replayParkedMessagesToStream('thing-1', 'g')
    expect((await next(again)).map(nOf)).toEqual([1])
    await inner.stop()
    await log.close()
    await rm(path, { recursive: true })
  })
})
