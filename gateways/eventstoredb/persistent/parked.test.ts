import { expect, it } from 'vitest'

import type { EventLog } from '#events/event-log.ts'
import { uncausedFact } from '#events/uncaused-fact.ts'
import { Parked } from '#gateways/eventstoredb/persistent/parked.ts'
import { createGroupStore } from '#gateways/eventstoredb/persistent/store.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

const own = { clock: systemClock, ids: createUuidV7(systemClock) }
const name = { stream: 'thing-1', group: 'g' }

it('keeps a message parked that is being looked for while those before it are settled', async () => {
  const inner = createMemoryEventLog()
  const gate = Promise.withResolvers<void>()
  const looking = Promise.withResolvers<void>()
  const log: EventLog = {
    ...inner,
    async *readStream(stream, options) {
      if (stream === 'thing-1' && options?.from === 1) {
        looking.resolve()
        await gate.promise
      }
      yield* inner.readStream(stream, options)
    },
  }
  const store = createGroupStore({ log, ...own })
  const { facts } = await inner.append(
    'thing-1',
    [uncausedFact(own, 'done', {}), uncausedFact(own, 'done', {})],
    'any',
  )
  const parked = new Parked(store, log, name)
  for (const fact of facts) await parked.add(fact, 'odd')
  const replay = parked.replay(Number.POSITIVE_INFINITY)
  const first = await replay.next()
  expect(first.value).toMatchObject({ parkedAs: 0 })
  const second = replay.next()
  await looking.promise
  await parked.settled(0)
  // What a crash would leave now: the second one only.
  expect(await store.parkedRange(name)).toEqual({ from: 1, to: 2 })
  gate.resolve()
  expect((await second).value).toMatchObject({ parkedAs: 1, record: { version: 1 } })
  await parked.settled(1)
  expect((await replay.next()).done).toBe(true)
  expect(await store.parkedRange(name)).toEqual({ from: 2, to: 2 })
})
