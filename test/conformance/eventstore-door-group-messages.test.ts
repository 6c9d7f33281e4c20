import { once } from 'node:events'

import {
  type EventStoreDBClient,
  PARK,
  type PersistentAction,
  persistentSubscriptionToAllSettingsFromDefaults as allSettings,
  RETRY,
  SKIP,
  START,
  STOP,
  streamNameFilter,
} from '@eventstore/db-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { AUDITOR, SITEOP, startDoor, type TestDoor } from '#test/conformance/eventstore-door.ts'
import { groupTools, next, nOf, readGroup } from '#test/conformance/eventstore-door-groups.ts'
import { createManualClock, type ManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem } from '#test/harness.ts'

let door: TestDoor
let client: EventStoreDBClient
const { create, info, until, write } = groupTools(() => client)
beforeEach(async () => {
  door = await startDoor()
  client = door.client()
})
afterEach(() => door.stop())

describe('messages', () => {
  it('come from where the group starts, and live', async () => {
    await write('thing-1', 0, 1, 2)
    await create({ startFrom: 1n })
    const subscription = readGroup(client)
    expect((await next(subscription, 2)).map(nOf)).toEqual([1, 2])
    expect(subscription).toMatchObject({ id: 'thing-1::g' })
    await write('thing-2', 9)
    await write('thing-1', 3)
    expect((await next(subscription)).map(nOf)).toEqual([3])
  })

  it('come no more than a consumer has room for', async () => {
    await write('thing-1', 0, 1, 2, 3)
    await create()
    const subscription = readGroup(client, 'thing-1', 2)
    const [first, second] = await next(subscription, 2)
    expect((await info()).connections[0]).toMatchObject({ inFlightMessages: 2, availableSlots: 0 })
    await subscription.ack(first!)
    expect((await next(subscription)).map(nOf)).toEqual([2])
    await subscription.ack(second!)
    expect((await next(subscription)).map(nOf)).toEqual([3])
  })

  it.each([
    [RETRY, [0, 1], [1, 0]],
    [SKIP, [1], [0]],
  ] as const)('given back with %s', async (action, expected, retries) => {
    await write('thing-1', 0)
    await create()
    const subscription = readGroup(client, 'thing-1', 1)
    const [first] = await next(subscription)
    await subscription.nack(action, 'because', first!)
    await write('thing-1', 1)
    for (const [index, n] of expected.entries()) {
      const [again] = await next(subscription)
      expect([nOf(again!), again!.retryCount]).toEqual([n, retries[index]])
      await subscription.ack(again!)
    }
  })

  it('given back too often, or with park, are parked and can be replayed', async () => {
    await write('thing-1', 0, 1, 2)
    await create({ maxRetryCount: 1 })
    const subscription = readGroup(client, 'thing-1', 1)
    const give = async (action: PersistentAction) => {
      const [received] = await next(subscription)
      await subscription.nack(action, 'no use', received!)
      return [nOf(received!), received!.retryCount]
    }
    expect([await give(RETRY), await give(RETRY), await give(PARK)]).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
    ])
    const [last] = await next(subscription)
    await subscription.ack(last!)
    await until(({ stats }) => stats.parkedMessageCount === 2n)
    const parked = await Array.fromAsync(
      client.readStream('$persistentsubscription-thing-1::g-parked', { resolveLinkTos: true }),
    )
    expect(parked.map(({ event, link }) => [event!.revision, link!.metadata])).toEqual([
      [0n, expect.objectContaining({ reason: expect.stringContaining('2 times') })],
      [1n, expect.objectContaining({ reason: 'no use' })],
    ])
    await client.replayParkedMessagesToStream('thing-1', 'g', { stopAt: 1 })
    const [again] = await next(subscription)
    expect([nOf(again!), again!.retryCount]).toEqual([0, 0])
    await subscription.ack(again!)
    await until(({ stats }) => stats.parkedMessageCount === 1n)
    await client.replayParkedMessagesToStream('thing-1', 'g')
    const [other] = await next(subscription)
    expect(nOf(other!)).toBe(1)
    await subscription.ack(other!)
    await until(({ stats }) => stats.parkedMessageCount === 0n)
  })

  it('are replayed once by replays that are asked for at once', async () => {
    await write('thing-1', 0, 1, 2)
    await create()
    const subscription = readGroup(client)
    await subscription.nack(PARK, 'odd', ...((await next(subscription, 3)) as never[]))
    await until(({ stats }) => stats.parkedMessageCount === 3n)
    const replay = () => client.replayParkedMessagesToStream('thing-1', 'g')
    await Promise.all([replay(), replay()])
    await write('thing-1', 3)
    const again = await next(subscription, 4)
    expect(again.map(nOf)).toEqual([0, 1, 2, 3])
    await subscription.ack(...(again as never[]))
    const { stats } = await until(({ stats }) => stats.parkedMessageCount === 0n)
    expect(stats.outstandingMessagesCount).toBe(0)
  })

  it('are replayed no more at once than the group may hold', async () => {
    const ns = Array.from({ length: 10 }, (_, n) => n)
    await write('thing-1', ...ns)
    await create({ historyBufferSize: 3 })
    const parking = readGroup(client)
    await parking.nack(PARK, 'odd', ...((await next(parking, 10)) as never[]))
    await until(({ stats }) => stats.parkedMessageCount === 10n)
    await parking.unsubscribe()
    await until(({ connections }) => connections.length === 0)
    // Both are answered, though nobody reads.
    await client.replayParkedMessagesToStream('thing-1', 'g')
    await client.replayParkedMessagesToStream('thing-1', 'g')
    expect((await info()).stats.outstandingMessagesCount).toBe(3)
    const subscription = readGroup(client, 'thing-1', 2)
    const again = []
    while (again.length < 10) {
      const [message] = await next(subscription)
      again.push(nOf(message!))
      await subscription.ack(message!)
    }
    expect(again.toSorted((a, b) => a - b)).toEqual(ns)
    await until(({ stats }) => stats.parkedMessageCount === 0n)
  })

  it('of a consumer that goes, or stops, go to another', async () => {
    await write('thing-1', 0, 1)
    await create({ consumerStrategyName: 'DispatchToSingle' })
    const leaving = readGroup(client, 'thing-1', 1)
    const stopping = readGroup(door.client(AUDITOR), 'thing-1', 1)
    const [[zero], [one]] = await Promise.all([next(leaving), next(stopping)])
    expect([nOf(zero!), nOf(one!)]).toEqual([0, 1])
    const stopped = once(stopping, 'end')
    await stopping.nack(STOP, 'enough', one!)
    await expect(stopped).rejects.toMatchObject({ type: 'persistent-subscription-dropped' })
    await until(({ connections }) => connections.length === 1)
    await leaving.unsubscribe()
    await until(({ connections }) => connections.length === 0)
    const staying = readGroup(client)
    const rest = await next(staying, 2)
    expect(rest.map((each) => [nOf(each), each.retryCount])).toEqual([
      [0, 1],
      [1, 1],
    ])
  })

  it('of the whole log are filtered, and those of a category come by its links', async () => {
    const filter = streamNameFilter({ prefixes: ['thing-'] })
    await client.createPersistentSubscriptionToAll('g', allSettings({ startFrom: START }), {
      filter,
    })
    await create({ resolveLinkTos: true }, '$ce-thing')
    await write('other-1', 5)
    await write('thing-1', 0)
    await write('thing-2', 1)
    const all = readGroup(client, '$all')
    const category = readGroup(client, '$ce-thing')
    expect((await next(all, 2)).map(nOf)).toEqual([0, 1])
    const linked = await next(category, 2)
    expect(linked.map((each) => [nOf(each), each.link!.streamId])).toEqual([
      [0, '$ce-thing'],
      [1, '$ce-thing'],
    ])
    await category.ack(...(linked as never[]))
    await category.nack(PARK, 'late', linked[0] as never)
    await write('thing-1', 2)
    expect((await next(category)).map(nOf)).toEqual([2])
  })

  it('of the whole log are not the notes of groups themselves', async () => {
    const settings = allSettings({
      startFrom: START,
      checkPointLowerBound: 1,
      checkPointUpperBound: 1,
    })
    await client.createPersistentSubscriptionToAll('g', settings)
    await write('thing-1', 0)
    const subscription = readGroup(client, '$all', 1)
    const streams: string[] = []
    do {
      const [received] = await next(subscription)
      streams.push(received!.event!.streamId)
      await subscription.ack(received!)
    } while (streams.at(-1) !== 'thing-1')
    // Each acknowledgement has made a note in the log before this.
    await write('thing-2', 1)
    const [last] = await next(subscription)
    expect(last!.event!.streamId).toBe('thing-2')
    expect(streams.filter((stream) => stream.includes('ersistent'))).toEqual([])
  })
})

describe('time', () => {
  let clock: ManualClock
  beforeEach(async () => {
    await door.stop()
    clock = createManualClock()
    const system = await createTestSystem({ clock })
    await system.addMember({ name: SITEOP.username, flags: '1' })
    const inner = await startDoor({ system })
    door = {
      ...inner,
      async stop() {
        await inner.stop()
        await system.stop()
      },
    }
    client = door.client()
  })

  it('brings messages back that are not settled in it', async () => {
    await write('thing-1', 0)
    await create({ messageTimeout: 5_000, maxRetryCount: 1 })
    const subscription = readGroup(client, 'thing-1', 1)
    const [first] = await next(subscription)
    clock.advance(4_999)
    expect((await info()).stats.totalInFlightMessages).toBe(1)
    clock.advance(1)
    const [again] = await next(subscription)
    expect([first!.retryCount, again!.retryCount]).toEqual([0, 1])
    clock.advance(5_000)
    await until(({ stats }) => stats.parkedMessageCount === 1n)
  })

  it('passes before a few settled messages are noted, and many are noted at once', async () => {
    await write('thing-1', ...Array(12).keys())
    await create({ checkPointAfter: 2_000, checkPointLowerBound: 3, checkPointUpperBound: 10 })
    const subscription = readGroup(client, 'thing-1', 20)
    const all = await next(subscription, 12)
    const noted = async () => (await info()).stats.lastCheckpointedEventRevision
    await subscription.ack(...(all.slice(0, 4) as never[]))
    await until(({ stats }) => stats.totalInFlightMessages === 8)
    expect(await noted()).toBeUndefined()
    clock.advance(2_000)
    await until(({ stats }) => stats.lastCheckpointedEventRevision === 3n)
    await subscription.ack(...(all.slice(5) as never[]))
    await until(({ stats }) => stats.totalInFlightMessages === 1)
    clock.advance(2_000)
    await until(({ stats }) => stats.totalInFlightMessages === 1)
    expect(await noted()).toBe(3n)
    await subscription.ack(all[4]!)
    await until(({ stats }) => stats.totalInFlightMessages === 0)
    clock.advance(2_000)
    await until(({ stats }) => stats.lastCheckpointedEventRevision === 11n)
    await write('thing-1', ...Array(10).keys())
    await subscription.ack(...((await next(subscription, 10)) as never[]))
    await until(({ stats }) => stats.lastCheckpointedEventRevision === 21n)
  })
})
