import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Clock } from '#events/clock.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

import { createFacts } from '#test/conformance/event-bus.case.ts'
import { createSubscriber, startNode } from '#test/conformance/nats.fixture.ts'
import { connectTo, type NatsServer, startNatsServer } from '#test/conformance/nats-server.ts'

let server: NatsServer
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server.dispose())

/** The pauses before another attempt are the shortest there are; here they never end. */
function holdPauses() {
  const LONGEST_PAUSE_MS = 500
  const pauses = new Set<() => void>()
  const clock: Clock = {
    now: systemClock.now,
    after(delayMs, run) {
      if (delayMs > LONGEST_PAUSE_MS) return systemClock.after(delayMs, run)
      pauses.add(run)
      return () => void pauses.delete(run)
    },
  }
  return { clock, pauses }
}

describe('trying again over NATS', () => {
  it('pauses before a fact that the stream has lost, but takes for one that it has', async () => {
    const [first, other] = [await startNode(server, 'known'), await startNode(server, 'known')]
    const fact = createFacts()
    const facts = [fact(), fact(), fact()]
    await first.bus.publish(facts)
    const manager = await first.nats.connection.jetstreamManager()
    await manager.streams.deleteMessage('known', 3)
    const ended = other.bus.publish(facts.slice(2)).catch((cause: unknown) => cause)
    while (other.bus.health().ok) await new Promise(setImmediate)
    expect(other.reported).toMatchObject([{ code: 'nats-refused' }])
    other.bus.stopPublishing()
    expect(await ended).toMatchObject({ code: 'nats-closed' })
    await Promise.all([first.close(), other.close()])
  })

  it('makes a consumer anew once, however many pulls end with it', async () => {
    const { clock, pauses } = holdPauses()
    const node = await startNode(server, 'pulls')
    const fact = createFacts()
    const subscriber = createSubscriber('pulls', createMemoryEventLog())
    const nats = await connectTo(server, { clock })
    const follower = await subscriber.follow(nats)
    // After more than the half of its first pull, the reader has a second one under way.
    await node.bus.publish(Array.from({ length: 300 }, () => fact()))
    await subscriber.untilCount(300)
    await nats.connection.flush()
    const manager = await node.nats.connection.jetstreamManager()
    await manager.consumers.delete('pulls', 'subscriber')
    while (pauses.size === 0) await nats.connection.flush()
    await nats.connection.flush()
    expect(pauses.size).toBe(1)
    await follower.stop()
    expect(pauses.size).toBe(0)
    await Promise.all([node.close(), nats.close()])
  })
})
