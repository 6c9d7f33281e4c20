import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { publishedPosition } from '#infra/nats/published-position.ts'
import { publishLog } from '#infra/nats/publish-log.ts'

import { createFacts, recordFacts } from '#test/conformance/event-bus.case.ts'
import {
  appendFacts,
  createSubscriber,
  factsOf,
  startNode,
} from '#test/conformance/nats.fixture.ts'
import { type NatsServer, startNatsServer } from '#test/conformance/nats-server.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server.dispose())

const never = (cause: unknown) => {
  throw cause
}
const positions = (facts: readonly Fact[]) => facts.map(({ position }) => position)

describe('publishing the log over NATS', () => {
  it('begins at the head of a log when the stream is new', async () => {
    const log = createMemoryEventLog()
    await appendFacts(log, 10)
    const node = await startNode(server, 'begins')
    expect(await publishedPosition(node.nats, 'begins')).toBeUndefined()
    const head = await log.head()
    const { handle, untilCount } = recordFacts()
    await node.bus.subscribe({}, handle)
    const publisher = await publishLog(node.nats, log, node.bus, never)
    await appendFacts(log, 10)
    expect(await untilCount(10)).toEqual(await factsOf(log, head))
    expect(await publishedPosition(node.nats, 'begins')).toBe((await factsOf(log)).at(-1)?.position)
    await publisher.stop()
    await node.close()
  })

  it('goes on after the last fact published, whoever published it', async () => {
    const log = createMemoryEventLog()
    const first = await startNode(server, 'goes-on')
    const { handle, untilCount } = recordFacts()
    const listening = await startNode(server, 'goes-on')
    await listening.bus.subscribe({}, handle)
    const publisher = await publishLog(first.nats, log, first.bus, never)
    await appendFacts(log, 10)
    await untilCount(10)
    await publisher.stop()
    await first.close()
    // Committed, and nobody there to publish it.
    await appendFacts(log, 10)
    const second = await startNode(server, 'goes-on')
    const next = await publishLog(second.nats, log, second.bus, never)
    await appendFacts(log, 10)
    expect(await untilCount(30)).toEqual(await factsOf(log))
    await next.stop()
    await Promise.all([second.close(), listening.close()])
  })

  it('goes on in the same process when its turn to publish has come back', async () => {
    const log = createMemoryEventLog()
    const node = await startNode(server, 'comes-back')
    const { handle, untilCount } = recordFacts()
    await node.bus.subscribe({}, handle)
    const publisher = await publishLog(node.nats, log, node.bus, never)
    await appendFacts(log, 10)
    await untilCount(10)
    await publisher.stop()
    await appendFacts(log, 10)
    const again = await publishLog(node.nats, log, node.bus, never)
    await appendFacts(log, 10)
    expect(await untilCount(30)).toEqual(await factsOf(log))
    await again.stop()
    await node.close()
    await expect(publishLog(node.nats, log, node.bus, never)).rejects.toThrow('the bus is closed')
  })

  it('keeps the stream in order, each fact once, when three publish at the same time', async () => {
    const log = createMemoryEventLog()
    const nodes = await Promise.all([1, 2, 3].map(() => startNode(server, 'together')))
    const publishers = await Promise.all(
      nodes.map(({ nats, bus }) => publishLog(nats, log, bus, never)),
    )
    const { handle, until, seen } = recordFacts()
    await nodes[0]!.bus.subscribe({}, handle)
    await appendFacts(log, 2_000)
    const all = await factsOf(log)
    await until((facts) => facts.at(-1)?.position === all.at(-1)?.position)
    expect(seen).toEqual(all)
    const manager = await nodes[0]!.nats.connection.jetstreamManager()
    expect((await manager.streams.info('together')).state.messages).toBe(2_000)
    expect(nodes.flatMap(({ reported }) => reported)).toEqual([])
    await Promise.all(publishers.map((publisher) => publisher.stop()))
    await Promise.all(nodes.map((node) => node.close()))
  })

  it('never lets a publisher that fell behind write again or out of order', async () => {
    const [leading, behind] = [await startNode(server, 'behind'), await startNode(server, 'behind')]
    const fact = createFacts()
    const { handle, untilCount } = recordFacts()
    await leading.bus.subscribe({}, handle)
    const facts = [fact(), fact(), fact(), fact()]
    expect(await behind.bus.resume()).toBeUndefined()
    await leading.bus.publish(facts.slice(0, 3))
    // Other ids: as when the server has forgotten the ids that it took long ago.
    const later = facts.map((each, n) => (n < 3 ? { ...each, id: createFacts()().id } : each))
    for (const each of later) await behind.bus.publish([each])
    expect(await untilCount(4)).toEqual(facts)
    const manager = await leading.nats.connection.jetstreamManager()
    expect((await manager.streams.info('behind')).state.messages).toBe(4)
    await Promise.all([leading.close(), behind.close()])
  })

  it('refuses a stream that is ahead of the log: it is another log’s', async () => {
    const [log, other] = [createMemoryEventLog(), createMemoryEventLog()]
    const node = await startNode(server, 'ahead')
    const publisher = await publishLog(node.nats, log, node.bus, never)
    const { handle, untilCount } = recordFacts()
    await node.bus.subscribe({}, handle)
    await appendFacts(log, 10)
    await untilCount(10)
    await publisher.stop()
    const another = await startNode(server, 'ahead')
    await expect(publishLog(another.nats, other, another.bus, never)).rejects.toMatchObject({
      code: 'nats-another-log',
    })
    await Promise.all([node.close(), another.close()])
  })

  it('publishes again what the server has lost', async () => {
    const log = createMemoryEventLog()
    const node = await startNode(server, 'lost')
    const publisher = await publishLog(node.nats, log, node.bus, never)
    const { handle, untilCount } = recordFacts()
    await node.bus.subscribe({}, handle)
    await appendFacts(log, 10)
    await untilCount(10)
    // As after a power cut: the server is back, and what it had acknowledged last is gone.
    const manager = await node.nats.connection.jetstreamManager()
    await manager.streams.delete('lost')
    await manager.streams.add({ name: 'lost', subjects: ['lost.>'] })
    const [first] = await factsOf(log)
    const other = await startNode(server, 'lost')
    await other.bus.publish([first!])
    await appendFacts(log, 10)
    const all = await factsOf(log)
    expect(await untilCount(20)).toEqual(all)
    const messages = recordFacts()
    const subscriber = createSubscriber('lost', log)
    const follower = await subscriber.follow(other.nats, {
      deliver: (facts) => facts.forEach(messages.handle),
    })
    expect(positions(await messages.untilCount(20))).toEqual(positions(all))
    await follower.stop()
    await publisher.stop()
    await Promise.all([node.close(), other.close()])
  })

  it('goes on for subscribers whose consumer is removed on the server', async () => {
    const node = await startNode(server, 'removed')
    const fact = createFacts()
    const { handle, untilCount } = recordFacts()
    await node.bus.subscribe({}, handle)
    const facts = Array.from({ length: 900 }, () => fact())
    await node.bus.publish(facts.slice(0, 600))
    const manager = await node.nats.connection.jetstreamManager()
    for await (const { name } of manager.consumers.list('removed')) {
      await manager.consumers.delete('removed', name)
    }
    await node.bus.publish(facts.slice(600))
    expect(await untilCount(900)).toEqual(facts)
    await node.close()
  })

  it('says while the server is away that facts do not get out', async () => {
    const fragile = await startNatsServer()
    const node = await startNode(fragile, 'health')
    const fact = createFacts()
    await node.bus.publish([fact()])
    expect(node.bus.health()).toMatchObject({ ok: true })
    await fragile.kill()
    const publishing = node.bus.publish([fact()])
    while (node.bus.health().ok) await new Promise(setImmediate)
    const back = new Promise<void>(node.nats.onReconnect)
    await fragile.restart()
    await Promise.all([back, publishing])
    expect(node.bus.health()).toMatchObject({ ok: true })
    await node.close()
    await fragile.dispose()
  })

  it('can be stopped without a server', async () => {
    const fragile = await startNatsServer()
    const log = createMemoryEventLog()
    const node = await startNode(fragile, 'stopped')
    const publisher = await publishLog(node.nats, log, node.bus, never)
    await fragile.kill()
    await appendFacts(log, 10)
    await publisher.stop()
    await node.close()
    await fragile.dispose()
  })
})

describe('nats-server killed in the middle of load', () => {
  it('costs no subscriber and no follower a fact, nor its order', async () => {
    const fragile = await startNatsServer()
    const log = createMemoryEventLog()
    const nodes = await Promise.all([1, 2].map(() => startNode(fragile, 'killed')))
    const publishers = await Promise.all(
      nodes.map(({ nats, bus }) => publishLog(nats, log, bus, never)),
    )
    const records = nodes.map(() => recordFacts())
    for (const [n, { bus }] of nodes.entries()) await bus.subscribe({}, records[n]!.handle)
    const rooms = recordFacts()
    await nodes[1]!.bus.subscribe({ kinds: ['room'] }, rooms.handle)
    const subscriber = createSubscriber('killed', log)
    const follower = await subscriber.follow(nodes[0]!.nats)
    for (let round = 1; round <= 4; round++) {
      const load = appendFacts(log, 3_000)
      await subscriber.untilCount(subscriber.seen.length + 100)
      await fragile.kill()
      await load
      await fragile.restart()
    }
    const all = await factsOf(log)
    for (const { untilCount } of [...records, subscriber]) {
      expect(positions(await untilCount(all.length))).toEqual(positions(all))
    }
    expect(records[1]!.seen).toEqual(all)
    expect(rooms.seen).toEqual(all.filter(({ stream }) => stream.startsWith('room-')))
    expect(subscriber.failures).toEqual([])
    await follower.stop()
    await Promise.all(publishers.map((publisher) => publisher.stop()))
    await Promise.all(nodes.map((node) => node.close()))
    await fragile.dispose()
  })

  it('costs no follower a fact even when its store is lost', async () => {
    const fragile = await startNatsServer()
    const log = createMemoryEventLog()
    const node = await startNode(fragile, 'wiped')
    const publisher = await publishLog(node.nats, log, node.bus, never)
    const { handle, until } = recordFacts()
    await node.bus.subscribe({}, handle)
    const subscriber = createSubscriber('wiped', log)
    const follower = await subscriber.follow(node.nats)
    const load = appendFacts(log, 3_000)
    await subscriber.untilCount(100)
    await fragile.kill()
    await load
    await fragile.restartEmpty()
    const all = await factsOf(log)
    expect(positions(await subscriber.untilCount(all.length))).toEqual(positions(all))
    await until((facts) => facts.at(-1)?.position === all.at(-1)!.position)
    expect(subscriber.failures).toEqual([])
    await follower.stop()
    await publisher.stop()
    await node.close()
    await fragile.dispose()
  })

  it('costs no subscriber who came late a fact when its store is lost', async () => {
    const fragile = await startNatsServer()
    const log = createMemoryEventLog()
    const node = await startNode(fragile, 'late')
    const publisher = await publishLog(node.nats, log, node.bus, never)
    const [early, late] = [recordFacts(), recordFacts()]
    await node.bus.subscribe({}, early.handle)
    await appendFacts(log, 500)
    await early.untilCount(500)
    const before = await log.head()
    await node.bus.subscribe({}, late.handle)
    await fragile.kill()
    await fragile.restartEmpty()
    await appendFacts(log, 20)
    expect(await late.untilCount(20)).toEqual(await factsOf(log, before))
    expect(early.seen).toEqual(await factsOf(log))
    await publisher.stop()
    await node.close()
    await fragile.dispose()
  })
})
