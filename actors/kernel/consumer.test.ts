import { expect, test } from 'vitest'

import { runConsumer } from '#actors/kernel/consumer.ts'
import type { NewFact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

const ids = createUuidV7(systemClock)

function fact(text: string): NewFact {
  const id = ids.next()
  const meta = {
    at: 0,
    by: null,
    connection: null,
    commandId: id,
    correlationId: id,
    causationId: null,
    schema: 1,
  }
  return { id, type: 'room.announced', data: { text, about: 'x' }, meta }
}

/** A consumer that notes the texts it has handled, and fails when it is told to. */
function setUp() {
  const log = createMemoryEventLog()
  const store = createMemoryHostStore()
  const clock = createManualClock()
  const handled: string[] = []
  const faults: unknown[] = []
  const state = { isBroken: false, changed: () => {} }
  const until = async (isDone: () => boolean) => {
    while (!isDone()) await new Promise<void>((resolve) => (state.changed = resolve))
  }
  const run = () =>
    runConsumer({
      log,
      store,
      clock,
      consumer: {
        name: 'noter',
        kinds: ['room'],
        async handle({ data }) {
          if (state.isBroken) throw new Error('broken')
          handled.push((data as { text: string }).text)
          state.changed()
        },
      },
      report(cause) {
        faults.push(cause)
        state.changed()
      },
    })
  const say = (...texts: string[]) => log.append('room-a', texts.map(fact), 'any')
  return { log, store, clock, handled, faults, state, until, run, say }
}

test('goes on after a failure from what was done', async () => {
  const { clock, handled, faults, state, until, run, say } = setUp()
  const consumer = await run()
  await say('a')
  await until(() => handled.length === 1)
  state.isBroken = true
  await say('b')
  await until(() => faults.length === 1)
  clock.advance(1_000)
  await until(() => faults.length === 2)
  state.isBroken = false
  await say('c')
  clock.advance(1_000)
  await until(() => handled.length === 3)
  expect(handled).toEqual(['a', 'b', 'c'])
  await consumer.stop()
})

test('goes on after a restart, and where a shorter log ends', async () => {
  const { store, handled, until, run, say } = setUp()
  await say('a', 'b')
  const first = await run()
  await until(() => handled.length === 2)
  await first.stop()
  await say('c')
  const second = await run()
  await until(() => handled.length === 3)
  await second.stop()
  expect(await store.loadCheckpoint('noter')).toBe(3)

  await store.saveCheckpoint('noter', 1_000)
  const third = await run()
  await say('d')
  await until(() => handled.length === 4)
  await third.stop()
  expect(handled).toEqual(['a', 'b', 'c', 'd'])
})
