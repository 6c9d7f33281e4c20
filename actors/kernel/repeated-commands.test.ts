import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'

import { createHost, type HostOptions } from '#actors/kernel/create-host.ts'
import type { RoomContext } from '#actors/room/room.commands.ts'
import { roomActor } from '#actors/room/room.actor.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

// Each of these was found by the simulation in `test/simulation`.

const clock = createManualClock()
const ids = createUuidV7(clock)
const ref = { kind: 'room', id: 'a' }
const context = (commandId = ids.next()) => ({ by: 'alice', connection: 'c', commandId })
const post = (text: string) => ({ type: 'room.post', text })
const topic = (words: string) => ({ type: 'room.set-topic', topic: words })

async function start(over: Partial<HostOptions> = {}) {
  const faults: unknown[] = []
  const log = over.log ?? createMemoryEventLog()
  const host = createHost({
    definitions: [roomActor],
    log,
    store: createMemoryHostStore(),
    clock,
    registry: new Registry(),
    report: (_, cause) => void faults.push(cause),
    ...over,
  })
  await host.send(ref, { type: 'room.create', name: 'a' } as never, context())
  await host.send(ref, { type: 'room.join' }, context())
  const posts = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => host.send(ref, post(`${n}`), context())))
  return { host, log, faults, posts }
}

describe('a command that comes again', () => {
  it('has one effect when both are in one batch, however many lie between', async () => {
    const { host, log, posts } = await start()
    const same = context()
    const first = host.send(ref, post('twice'), same)
    const between = posts(600)
    const second = host.send(ref, post('twice'), same)
    expect(await second).toEqual(await first)
    await between
    expect(await log.streamVersion('room-a')).toBe(602)
  })

  it('gets its receipt after the actor has forgotten it, and leaves the state right', async () => {
    const { host, log, faults, posts } = await start()
    const same = context()
    const first = await host.send(ref, topic('one'), same)
    await host.send(ref, topic('two'), context())
    await posts(300)
    expect(await host.send(ref, topic('one'), same)).toEqual(first)
    const { version, context: room } = await host.state<RoomContext>(ref)
    expect(room.topic).toBe('two')
    expect(version).toBe(await log.streamVersion('room-a'))
    expect(faults).toEqual([])
  })

  it('does not take others of its batch with it', async () => {
    const { host, faults, posts } = await start()
    const same = context()
    const first = await host.send(ref, post('old'), same)
    await posts(300)
    const [fresh, again] = await Promise.all([
      host.send(ref, post('fresh'), context()),
      host.send(ref, post('old'), same),
    ])
    expect(again).toEqual(first)
    expect(fresh.facts[0]!.data).toMatchObject({ text: 'fresh' })
    expect(faults).toEqual([])
  })

  it('is answered with what another process has recorded of it', async () => {
    const { host, log } = await start()
    const { host: other } = await start({ log })
    await other.state(ref)
    const same = context()
    const first = await host.send(ref, topic('one'), same)
    clock.advance(5)
    expect(await other.send(ref, topic('one'), same)).toEqual(first)
    const state = await other.state<RoomContext>(ref)
    expect(state.context.topicAtMs).toBe(first.facts[0]!.meta.at)
  })
})

it('makes the state from the log alone when the snapshot cannot be read', async () => {
  const broken = { ...createMemoryHostStore(), loadSnapshot: () => Promise.reject(new Error('no')) }
  const { host, faults } = await start({ store: broken })
  const { context: room } = await host.state<RoomContext>(ref)
  expect(room.members).toEqual({ alice: ['c'] })
  expect(faults).not.toEqual([])
})
