import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { publishLog } from '#infra/nats/publish-log.ts'

import {
  appendFacts,
  createSubscriber,
  factsOf,
  type Node,
  startNode,
} from '#test/conformance/nats.fixture.ts'
import { type NatsServer, startNatsServer } from '#test/conformance/nats-server.ts'

let server: NatsServer
let streams = 0
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server.dispose())

const never = (cause: unknown) => {
  throw cause
}
const ofKind = (facts: readonly Fact[], kind: string) =>
  facts.filter(({ stream }) => stream.startsWith(`${kind}-`))

/** A log, its publisher, and a subscriber. */
async function startFollowed() {
  const stream = `follow-${++streams}`
  const log = createMemoryEventLog()
  const node = await startNode(server, stream)
  const publisher = await publishLog(node.nats, log, node.bus, never)
  return {
    stream,
    log,
    node,
    subscriber: createSubscriber(stream, log),
    async published() {
      const head = (await factsOf(log)).at(-1)!.position
      while ((await node.bus.resume()) !== head) await node.nats.connection.flush()
    },
    async stop() {
      await publisher.stop()
      await node.close()
    },
  }
}

/** Deliveries that wait until they may go on; `sizes` says how many facts each has. */
function holdDeliveries(handle: (fact: Fact) => void) {
  const begun = Promise.withResolvers<void>()
  const may = Promise.withResolvers<void>()
  const sizes: number[] = []
  return {
    begun: begun.promise,
    go: () => may.resolve(),
    sizes,
    async deliver(facts: readonly Fact[]) {
      sizes.push(facts.length)
      begun.resolve()
      await may.promise
      for (const fact of facts) handle(fact)
    },
  }
}

async function streamInfo({ nats }: Node, stream: string) {
  const manager = await nats.connection.jetstreamManager()
  return { manager, state: (await manager.streams.info(stream)).state }
}

describe('following the facts over NATS', () => {
  it('delivers what was published since the checkpoint, each fact once over all runs', async () => {
    const { stream, log, node, subscriber, stop } = await startFollowed()
    await appendFacts(log, 700)
    const first = await subscriber.follow(node.nats)
    await subscriber.untilCount(700)
    expect(subscriber.holes.length).toBeLessThanOrEqual(1)
    await first.stop()
    expect(subscriber.checkpoint()).toBe((await factsOf(log)).at(-1)?.position)
    await appendFacts(log, 700)
    const second = await subscriber.follow(node.nats)
    await appendFacts(log, 10)
    expect(await subscriber.untilCount(1_410)).toEqual(await factsOf(log))
    await second.stop()
    expect((await streamInfo(node, stream)).state.messages).toBe(1_410)
    await stop()
  })

  it('delivers the kinds asked for, and moves its checkpoint over the others', async () => {
    const { log, node, subscriber, stop } = await startFollowed()
    const follower = await subscriber.follow(node.nats, { kinds: ['race'] })
    await appendFacts(log, 301)
    const all = await factsOf(log)
    const races = ofKind(all, 'race')
    expect(await subscriber.untilCount(races.length)).toEqual(races)
    await follower.stop()
    expect(subscriber.checkpoint()).toBeGreaterThanOrEqual(races.at(-1)!.position)
    await stop()
  })

  it('goes on from an older checkpoint when what was done was not noted', async () => {
    const { log, node, subscriber, stop } = await startFollowed()
    const fault = new Error('the store is full')
    const first = await subscriber.follow(node.nats, {
      saveCheckpoint: () => Promise.reject(fault),
    })
    await appendFacts(log, 100)
    expect(await subscriber.failed).toBe(fault)
    await first.stop()
    const before = subscriber.seen.length
    const second = await subscriber.follow(node.nats)
    const seen = await subscriber.untilCount(before + 100)
    expect(seen.slice(before)).toEqual(await factsOf(log))
    await second.stop()
    await stop()
  })

  it('says that facts have aged out, and goes on behind them', async () => {
    const { stream, log, node, subscriber, published, stop } = await startFollowed()
    const first = await subscriber.follow(node.nats)
    await appendFacts(log, 10)
    await subscriber.untilCount(10)
    await first.stop()
    const { holes } = subscriber
    holes.length = 0
    const checkpoint = subscriber.checkpoint()
    await appendFacts(log, 20)
    await published()
    const { manager, state } = await streamInfo(node, stream)
    await manager.streams.purge(stream, { seq: state.last_seq - 4 })
    const second = await subscriber.follow(node.nats)
    const all = await factsOf(log)
    expect(await subscriber.untilCount(30)).toEqual(all)
    expect(holes).toEqual([{ after: checkpoint, before: all.at(-5)!.position }])
    await second.stop()
    await stop()
  })

  it('asks for the rest of the log when the stream holds nothing at all', async () => {
    const { stream, log, node, subscriber, published, stop } = await startFollowed()
    await appendFacts(log, 20)
    await published()
    const { manager } = await streamInfo(node, stream)
    await manager.streams.purge(stream)
    const follower = await subscriber.follow(node.nats)
    expect(subscriber.holes).toEqual([{ after: 0, before: undefined }])
    await appendFacts(log, 5)
    expect(await subscriber.untilCount(25)).toEqual(await factsOf(log))
    expect(subscriber.holes).toHaveLength(1)
    await follower.stop()
    await stop()
  })

  it('notices facts that were never published', async () => {
    const { stream, log, node, subscriber, published, stop } = await startFollowed()
    const follower = await subscriber.follow(node.nats)
    await appendFacts(log, 5)
    await subscriber.untilCount(5)
    await published()
    await stop()
    subscriber.holes.length = 0
    const checkpoint = subscriber.checkpoint()
    await appendFacts(log, 5)
    const after = await log.head()
    await appendFacts(log, 1)
    // A publisher that does not know where it is.
    const other = await startNode(server, stream)
    await other.bus.publish(await factsOf(log, after))
    const again = await subscriber.follow(other.nats)
    expect(await subscriber.untilCount(11)).toEqual(await factsOf(log))
    expect(subscriber.holes).toEqual([
      { after: checkpoint, before: (await factsOf(log)).at(-1)!.position },
    ])
    await Promise.all([follower.stop(), again.stop()])
    await other.close()
  })

  it('takes no more than it can hold while a delivery takes its time', async () => {
    const { stream, log, node, subscriber, published, stop } = await startFollowed()
    await appendFacts(log, 1_000)
    await published()
    const held = holdDeliveries((fact) => subscriber.seen.push(fact))
    const follower = await subscriber.follow(node.nats, {
      maxPending: 100,
      deliver: held.deliver,
    })
    await held.begun
    const { manager } = await streamInfo(node, stream)
    const { num_ack_pending: pending } = await manager.consumers.info(stream, 'subscriber')
    expect(pending).toBeLessThanOrEqual(100)
    held.go()
    const last = (await factsOf(log)).at(-1)!
    while (subscriber.checkpoint() < last.position) await node.nats.connection.flush()
    expect(subscriber.seen).toEqual(await factsOf(log))
    expect(Math.max(...held.sizes)).toBeLessThanOrEqual(100)
    await follower.stop()
    await stop()
  })

  it('has none twice and loses none when the server is killed during a delivery', async () => {
    const fragile = await startNatsServer()
    const log = createMemoryEventLog()
    const node = await startNode(fragile, 'during')
    const publisher = await publishLog(node.nats, log, node.bus, never)
    const subscriber = createSubscriber('during', log)
    const held = holdDeliveries(subscriber.handle)
    const follower = await subscriber.follow(node.nats, {
      maxPending: 100,
      deliver: held.deliver,
    })
    await appendFacts(log, 1_000)
    await held.begun
    for (let round = 0; round < 3; round++) {
      const back = new Promise<void>((resolve) => node.nats.onReconnect(resolve))
      await fragile.kill()
      await fragile.restart()
      await back
    }
    held.go()
    expect(await subscriber.untilCount(1_000)).toEqual(await factsOf(log))
    expect(Math.max(...held.sizes)).toBeLessThanOrEqual(100)
    await follower.stop()
    await publisher.stop()
    await node.close()
    await fragile.dispose()
  })

  it('ends in a process when another follows under the same name', async () => {
    const { log, node, subscriber, stream, stop } = await startFollowed()
    const taking = await startNode(server, stream)
    const first = await subscriber.follow(node.nats)
    await appendFacts(log, 5)
    await subscriber.untilCount(5)
    const successor = createSubscriber(stream, log)
    const second = await successor.follow(taking.nats)
    expect(await subscriber.failed).toMatchObject({ code: 'nats-taken-over' })
    await appendFacts(log, 5)
    expect(await successor.untilCount(10)).toEqual(await factsOf(log))
    expect(subscriber.seen).toHaveLength(5)
    expect(successor.failures).toEqual([])
    await Promise.all([first.stop(), second.stop()])
    await taking.close()
    await stop()
  })
})
