import { Registry } from 'prom-client'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'

import { createHost } from '#actors/kernel/create-host.ts'
import { createPastStates } from '#actors/kernel/past-states.ts'
import { roomActor } from '#actors/room/room.actor.ts'
import type { RoomContext } from '#actors/room/room.commands.ts'
import type { EventLog, ReadStreamOptions } from '#events/event-log.ts'
import type { StoredSnapshot } from '#events/host-store.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

const ref = { kind: 'room', id: 'lobby' }
const START = 1_700_000_000_000

/** A room whose version n, from 2 on, sets `topic n` n seconds after its creation. */
async function roomWithTopics(count: number, snapshotEvery = 1_000) {
  const clock = createManualClock(START)
  const ids = createUuidV7(clock)
  const store = createMemoryHostStore()
  const { log, reads } = watched(createMemoryEventLog())
  const faults: unknown[] = []
  const host = createHost({
    definitions: [{ ...roomActor, snapshotEvery }],
    log,
    store,
    clock,
    registry: new Registry(),
    report: (_, cause) => void faults.push(cause),
  })
  const send = async (command: object) =>
    await host.send(ref, command as never, { by: 'ann', connection: 'c', commandId: ids.next() })
  await send({ type: 'room.create', name: 'lobby' })
  await send({ type: 'room.join' })
  clock.advance(1_000)
  for (let n = 2; n <= count; n++) {
    clock.advance(1_000)
    await send({ type: 'room.set-topic', topic: `topic ${n}` })
  }
  onTestFinished(async () => {
    await host.stop()
    expect(faults).toEqual([])
  })
  return { host, log, store, reads, send }
}

function watched(log: EventLog) {
  const reads: ReadStreamOptions[] = []
  const seen: EventLog = {
    ...log,
    readStream(stream, options) {
      reads.push(options ?? {})
      return log.readStream(stream, options)
    },
  }
  return { log: seen, reads }
}

let room: Awaited<ReturnType<typeof roomWithTopics>>
beforeEach(async () => {
  room = await roomWithTopics(9)
})

describe('an actor as it was', () => {
  it.each([
    ['a version', 4, 4, 'topic 4'],
    ['a version by name', { version: 4 }, 4, 'topic 4'],
    ['a version that is not there yet', { version: 99 }, 9, 'topic 9'],
    ['before its first fact', { version: -1 }, -1, ''],
    ['a position', { position: 3 }, 2, 'topic 2'],
    ['a position before it', { position: 0 }, -1, ''],
    ['the very time of a fact', { time: START + 2_000 }, 2, 'topic 2'],
    ['a time between two', { time: START + 2_999 }, 2, 'topic 2'],
    ['a time before it', { time: START - 1 }, -1, ''],
    ['a time to come', { time: START + 99_000 }, 9, 'topic 9'],
  ])('is told at %s', async (_, moment, version, topic) => {
    const state = await room.host.stateAt<RoomContext>(ref, moment)
    expect({ version: state.version, topic: state.context.topic }).toEqual({ version, topic })
    expect(state.value).toBe(version < 0 ? 'absent' : 'open')
  })

  it('is a copy, and nothing of the living one is touched or saved', async () => {
    const saved: StoredSnapshot[] = []
    const past = createPastStates({
      definitions: [{ ...roomActor, snapshotEvery: 1 }],
      log: room.log,
      store: Object.assign(room.store, {
        saveSnapshot: async (_: string, snapshot: StoredSnapshot) => void saved.push(snapshot),
      }),
    })
    const state = await past.stateAt<RoomContext>(ref, { version: 9 })
    state.context.members['eve'] = ['x']
    const live = await room.host.state<RoomContext>(ref)
    expect(live.context.members).toEqual({ ann: ['c'] })
    expect(live.version).toBe(9)
    expect(saved).toEqual([])
  })

  it('is refused for a kind that there is not', async () => {
    await expect(room.host.stateAt({ kind: 'comet', id: '1' }, { version: 0 })).rejects.toThrow(
      expect.objectContaining({ code: 'unknown-kind' }),
    )
  })
})

describe('the work for it is bounded', () => {
  it('goes on from the snapshot when there is one at or below the version', async () => {
    const { host, reads, store } = await roomWithTopics(9, 5)
    await expect.poll(async () => (await store.loadSnapshot('room-lobby'))?.version).toBe(9)
    await store.saveSnapshot('room-lobby', {
      ...(await store.loadSnapshot('room-lobby'))!,
      version: 5,
      context: { name: 'lobby', topic: 'of the snapshot', topicBy: '', topicAtMs: 0, members: {} },
    })
    reads.length = 0
    expect((await host.stateAt<RoomContext>(ref, { version: 5 })).context.topic).toBe(
      'of the snapshot',
    )
    expect(reads).toEqual([])
    expect((await host.stateAt<RoomContext>(ref, { version: 7 })).context.topic).toBe('topic 7')
    expect(reads.map(({ from }) => from)).toEqual([6])
    expect((await host.stateAt<RoomContext>(ref, { version: 4 })).context.topic).toBe('topic 4')
    expect(reads.map(({ from }) => from)).toEqual([6, 0])
  })

  it('does not take a snapshot of another form', async () => {
    const { store, log } = room
    const other = { schema: 9, version: 3, position: 4, value: 'open', context: {}, commands: [] }
    await store.saveSnapshot('room-lobby', other)
    const past = createPastStates({ definitions: [roomActor], log, store })
    expect((await past.stateAt<RoomContext>(ref, { version: 3 })).context.topic).toBe('topic 3')
  })

  it('refuses a history beyond the limit', async () => {
    const past = createPastStates({ definitions: [roomActor], log: room.log, factsLimit: 5 })
    expect((await past.stateAt(ref, { version: 4 })).version).toBe(4)
    for (const moment of [{ version: 8 }, { time: START }]) {
      await expect(past.stateAt(ref, moment)).rejects.toThrow(
        expect.objectContaining({ code: 'history-too-long' }),
      )
    }
  })

  it('refuses to make up a state whose facts are hidden', async () => {
    await room.log.writeMetadata('room-lobby', { truncateBefore: 3 })
    await expect(room.host.stateAt(ref, { version: 5 })).rejects.toThrow(
      expect.objectContaining({ code: 'history-incomplete', fields: expect.anything() }),
    )
  })

  it('lets others in between while it folds a long history', async () => {
    const { host } = await roomWithTopics(1_200, 10_000)
    let turns = 0
    let isDone = false
    const count = (): void => {
      turns++
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    await host.stateAt(ref, { version: 1_200 })
    isDone = true
    expect(turns).toBeGreaterThanOrEqual(2)
  })
})
