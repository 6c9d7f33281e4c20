import { once } from 'node:events'

import {
  type EventStoreDBClient,
  persistentSubscriptionToAllSettingsFromDefaults as allSettings,
  persistentSubscriptionToStreamSettingsFromDefaults as streamSettings,
  START,
} from '@eventstore/db-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { AUDITOR, MEMBER, startDoor, type TestDoor } from '#test/conformance/eventstore-door.ts'
import {
  groupTools,
  next,
  nOf,
  readGroup,
  type Received,
  type Subscription,
} from '#test/conformance/eventstore-door-groups.ts'

let door: TestDoor
let client: EventStoreDBClient
const { create, info, write } = groupTools(() => client)
beforeEach(async () => {
  door = await startDoor()
  client = door.client()
})
afterEach(() => door.stop())

describe('a group', () => {
  it('is made once, told of, changed and ended', async () => {
    await create({ maxRetryCount: 3, consumerStrategyName: 'Pinned' })
    await expect(create()).rejects.toMatchObject({
      type: 'persistent-subscription-exists',
      streamName: 'thing-1',
      groupName: 'g',
    })
    const made = await info()
    expect(made).toMatchObject({ eventSource: 'thing-1', groupName: 'g', connections: [] })
    expect(made.settings).toMatchObject({
      startFrom: 'start',
      maxRetryCount: 3,
      consumerStrategyName: 'Pinned',
      messageTimeout: 30_000,
      maxSubscriberCount: 'unbounded',
    })
    await client.createPersistentSubscriptionToAll('h', allSettings())
    const sources = (given: readonly { readonly eventSource: string }[]) =>
      given.map(({ eventSource }) => eventSource)
    expect(sources(await client.listAllPersistentSubscriptions())).toEqual(['thing-1', '$all'])
    expect(sources(await client.listPersistentSubscriptionsToStream('thing-1'))).toEqual([
      'thing-1',
    ])
    expect((await client.listPersistentSubscriptionsToAll())[0]!.settings.startFrom).toBe('end')
    const changed = streamSettings({ startFrom: START, maxRetryCount: 9 })
    await client.updatePersistentSubscriptionToStream('thing-1', 'g', changed)
    expect((await info()).settings.maxRetryCount).toBe(9)
    await client.deletePersistentSubscriptionToStream('thing-1', 'g')
    await client.deletePersistentSubscriptionToAll('h')
    expect(await client.listAllPersistentSubscriptions()).toEqual([])
    const missing = { type: 'persistent-subscription-does-not-exist', streamName: 'thing-1' }
    await expect(info()).rejects.toMatchObject(missing)
    await expect(client.deletePersistentSubscriptionToStream('thing-1', 'g')).rejects.toMatchObject(
      missing,
    )
    await expect(
      client.updatePersistentSubscriptionToStream('thing-1', 'g', changed),
    ).rejects.toMatchObject(missing)
    await expect(next(readGroup(client))).rejects.toMatchObject(missing)
  })

  it('is for siteops to make, and for whom the stream is to read to read', async () => {
    await write('thing-1', 0)
    const auditor = door.client(AUDITOR)
    const denied = { type: 'access-denied' }
    await expect(
      auditor.createPersistentSubscriptionToStream('thing-1', 'g', streamSettings()),
    ).rejects.toMatchObject(denied)
    await create()
    for (const refused of [
      () => auditor.deletePersistentSubscriptionToStream('thing-1', 'g'),
      () => auditor.replayParkedMessagesToStream('thing-1', 'g'),
      () => auditor.restartPersistentSubscriptionSubsystem(),
      () => door.client(MEMBER).getPersistentSubscriptionToStreamInfo('thing-1', 'g'),
      () => next(readGroup(door.client(MEMBER))),
    ]) {
      await expect(refused()).rejects.toMatchObject(denied)
    }
    expect((await next(readGroup(auditor))).map(nOf)).toEqual([0])
  })

  it.each([
    ['readBatchSize', 0],
    ['historyBufferSize', 1e6],
    ['messageTimeout', 2e9],
  ])('is refused with %s %i', async (name, value) => {
    await expect(create({ [name]: value })).rejects.toMatchObject({ code: 3 })
  })

  it('takes as many consumers as its settings say', async () => {
    await create({ maxSubscriberCount: 1 })
    const first = readGroup(client)
    await once(first, 'confirmation')
    await expect(next(readGroup(client))).rejects.toMatchObject({
      type: 'maximum-subscribers-reached',
    })
  })
})

describe('strategies', () => {
  const share = async (strategy: 'RoundRobin' | 'DispatchToSingle' | 'Pinned') => {
    await create({ consumerStrategyName: strategy, resolveLinkTos: true }, '$ce-thing')
    const one = readGroup(client, '$ce-thing', 4)
    await once(one, 'confirmation')
    const two = readGroup(door.client(AUDITOR), '$ce-thing', 4)
    await once(two, 'confirmation')
    const shares = new Map<Subscription, string[]>([
      [one, []],
      [two, []],
    ])
    const all = Promise.withResolvers<void>()
    let count = 0
    for (const [subscription, share] of shares) {
      subscription.on('data', (given: unknown) => {
        const received = given as Received
        share.push(`${received.event!.streamId}:${nOf(received)}`)
        if (++count === 4) all.resolve()
      })
    }
    await write('thing-1', 0)
    await write('thing-2', 1)
    await write('thing-1', 2)
    await write('thing-2', 3)
    await all.promise
    return [...shares.values()]
  }

  it('round robin takes turns', async () => {
    expect(await share('RoundRobin')).toEqual([
      ['thing-1:0', 'thing-1:2'],
      ['thing-2:1', 'thing-2:3'],
    ])
  })

  it('dispatch to single fills one first', async () => {
    expect(await share('DispatchToSingle')).toEqual([
      ['thing-1:0', 'thing-2:1', 'thing-1:2', 'thing-2:3'],
      [],
    ])
  })

  it('pinned keeps each stream with one consumer', async () => {
    const shares = await share('Pinned')
    for (const stream of ['thing-1', 'thing-2']) {
      const holders = shares.filter((share) => share.some((each) => each.startsWith(stream)))
      expect(holders).toHaveLength(1)
    }
  })
})
