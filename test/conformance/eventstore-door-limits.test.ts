import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'

import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import { status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'

import type { EventLog, SubscribeOptions } from '#events/event-log.ts'
import { uncausedFact } from '#events/uncaused-fact.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { authorization, SITEOP } from '#test/conformance/eventstore-door.ts'
import { event, identifier, rawDoor } from '#test/conformance/eventstore-door-per-test.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import { createTestSystem } from '#test/harness.ts'

const door = rawDoor()

/** The log, and how many facts have been delivered to the subscriptions that are meant. */
function countingDeliveries(inner: EventLog, isMeant: (options: SubscribeOptions) => boolean) {
  let delivered = 0
  const log: EventLog = {
    ...inner,
    subscribe: (options, handlers) =>
      inner.subscribe(options, {
        ...handlers,
        async deliver(facts, through) {
          await handlers.deliver(facts, through)
          if (isMeant(options)) delivered += facts.length
        },
      }),
  }
  return { log, delivered: () => delivered }
}

describe('a reader that does not read', () => {
  /** A log that counts what is taken from it. */
  const counting = () => {
    const inner = createMemoryEventLog()
    let taken = 0
    const log: EventLog = {
      ...inner,
      async *readStream(stream, options) {
        for await (const fact of inner.readStream(stream, options)) {
          if (stream === 'large-1') taken++
          yield fact
        }
      },
    }
    return { log, taken: () => taken }
  }
  const EVENTS = 2_000

  it('stops the reading of the log, and nobody else’s', async () => {
    const { log, taken } = counting()
    await door.start({ log })
    const client = door.client()
    for (let n = 0; n < EVENTS; n += 100) {
      const events = Array.from({ length: 100 }, () => event('x'.repeat(4_000)))
      await client.appendToStream('large-1', events)
    }
    const request = new streams.ReadReq().setOptions(
      new streams.ReadReq.Options()
        .setStream(
          new streams.ReadReq.Options.StreamOptions()
            .setStreamIdentifier(identifier('large-1'))
            .setStart(new shared.Empty()),
        )
        .setCount('9007199254740991')
        .setNoFilter(new shared.Empty())
        .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(new shared.Empty())),
    )
    const call = door.raw.read(request, authorization(SITEOP))
    // gRPC's client buffers everything by itself until it has been read from for the first time.
    await once(call, 'data')
    call.pause()
    // Others are served meanwhile; some hundred events fit into the windows and buffers between.
    let before = -1
    while (taken() > before) {
      before = taken()
      for (let n = 0; n < 50; n++) await client.appendToStream('thing-1', event())
    }
    expect(before).toBeLessThan(EVENTS / 2)
    expect(await Array.fromAsync(call)).toHaveLength(EVENTS - 1)
    expect(taken()).toBe(EVENTS)
  })

  it('holds up its own subscription alone', async () => {
    const inner = createMemoryEventLog()
    const { log, delivered } = countingDeliveries(inner, ({ stream }) => stream === 'large-1')
    await door.start({ log })
    const client = door.client()
    for (let n = 0; n < EVENTS; n += 100) {
      const events = Array.from({ length: 100 }, () => event('x'.repeat(4_000)))
      await client.appendToStream('large-1', events)
    }
    const subscription = client.subscribeToStream('large-1', { fromRevision: 'start' })
    await once(subscription, 'data')
    subscription.pause()
    let before = -1
    while (delivered() > before) {
      before = delivered()
      for (let n = 0; n < 50; n++) await client.appendToStream('thing-1', event())
    }
    expect(before).toBeLessThan(EVENTS / 2)
    let count = 1
    const all = Promise.withResolvers<void>()
    subscription.on('data', () => ++count === EVENTS && all.resolve())
    subscription.resume()
    await all.promise
    await subscription.unsubscribe()
  })

  it('and goes stops it for good', async () => {
    const { log, taken } = counting()
    await door.start({ log })
    const client = door.client()
    await client.appendToStream(
      'large-1',
      Array.from({ length: 200 }, () => event('x'.repeat(4_000))),
    )
    const reading = client.readStream('large-1', {}, { highWaterMark: 1 })
    await once(reading, 'data')
    reading.pause()
    await reading.cancel()
    await client.appendToStream('thing-1', event())
    expect(taken()).toBeLessThan(200)
  })
})

describe('a filter that finds nothing', () => {
  const filtered = () =>
    new streams.ReadReq.Options()
      .setAll(new streams.ReadReq.Options.AllOptions().setStart(new shared.Empty()))
      .setFilter(
        new streams.ReadReq.Options.FilterOptions()
          .setEventType(
            new streams.ReadReq.Options.FilterOptions.Expression().setPrefixList(['nothing']),
          )
          .setMax(1)
          .setCheckpointintervalmultiplier(1),
      )
      .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(new shared.Empty()))
  const read = (options: streams.ReadReq.Options) =>
    door.raw.read(new streams.ReadReq().setOptions(options), authorization(SITEOP))

  it('sends no more checkpoints than the subscriber reads', async () => {
    const inner = createMemoryEventLog()
    const { log, delivered } = countingDeliveries(inner, ({ as }) => as === 'records')
    await door.start({ log })
    const thousand = () =>
      Array.from({ length: 1_000 }, () => uncausedFact(door.system, 'done', {}))
    for (let n = 0; n < 30; n++) await inner.append('thing-1', thousand(), 'any')
    const client = door.client()
    const subscription = new streams.ReadReq.Options.SubscriptionOptions()
    const call = read(filtered().setSubscription(subscription))
    call.on('error', () => {})
    await once(call, 'data')
    call.pause()
    let before = -1
    while (delivered() > before) {
      before = delivered()
      for (let n = 0; n < 50; n++) await client.appendToStream('thing-2', event())
    }
    expect(before).toBeLessThan(15_000)
    call.cancel()
  })

  it('is not searched on for a client that has gone', async () => {
    const inner = createMemoryEventLog()
    const begun = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    let isEndless = false
    const log: EventLog = {
      ...inner,
      async *readAll(options) {
        if (!isEndless) return yield* inner.readAll(options)
        try {
          for (;;) {
            yield* inner.readAll(options)
            await new Promise((resolve) => setImmediate(resolve))
            begun.resolve()
          }
        } finally {
          ended.resolve()
        }
      },
    }
    await door.start({ log })
    isEndless = true
    const call = read(filtered().setCount('1'))
    call.on('error', () => {})
    call.resume()
    await begun.promise
    call.cancel()
    await ended.promise
    isEndless = false
  })
})

describe('limits', () => {
  it('of subscriptions hold for each connection', async () => {
    await door.start({ limits: { subscriptionsPerConnection: 2 } })
    const client = door.client()
    const first = client.subscribeToAll()
    await Promise.all([first, client.subscribeToAll()].map((each) => once(each, 'confirmation')))
    await expect(once(client.subscribeToAll(), 'confirmation')).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    })
    await first.unsubscribe()
    await expect
      .poll(() =>
        once(client.subscribeToAll(), 'confirmation').then(
          () => 'taken',
          () => 'refused',
        ),
      )
      .toBe('taken')
  })

  it('of connections let those go that have not shown who they are', async () => {
    await door.start({ limits: { unregistered: 1 } })
    const first = connectTcp(door.port, '127.0.0.1').resume()
    await once(first, 'connect')
    const gone = once(first, 'close')
    const second = connectTcp(door.port, '127.0.0.1').resume()
    await gone
    const closed = once(second, 'close')
    await door.client().appendToStream('thing-1', event())
    await closed
  })

  it('of time do the same', async () => {
    const clock = createManualClock()
    const system = await createTestSystem({ clock })
    await system.addMember({ name: SITEOP.username, flags: '1' })
    await door.start({ system, limits: { loginTimeoutMs: 5_000 } })
    const client = door.client()
    await client.appendToStream('thing-1', event())
    const idle = connectTcp(door.port, '127.0.0.1').resume()
    await once(idle, 'connect')
    await client.appendToStream('thing-1', event())
    const closed = once(idle, 'close')
    clock.advance(5_000)
    await closed
    await client.appendToStream('thing-1', event())
    await system.stop()
  })
})
