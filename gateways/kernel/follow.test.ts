import fc from 'fast-check'
import { expect, test } from 'vitest'

import { type Fact, kindOf } from '#events/fact.ts'
import { createFollower, type Followed, isFollowed } from '#gateways/kernel/follow.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

const meta = {
  at: 0,
  by: null,
  connection: null,
  commandId: '',
  correlationId: '',
  causationId: null,
  schema: 1,
}

function setUp(followed: Followed, pageSize = 3) {
  const log = createMemoryEventLog()
  const taken: { readonly fact: Fact; readonly isReplay: boolean }[] = []
  const state = {
    room: Number.POSITIVE_INFINITY,
    liveAt: [] as number[],
    failures: [] as unknown[],
  }
  const follower = createFollower({
    log,
    followed,
    pageSize,
    sink: {
      take(fact, isReplay) {
        taken.push({ fact, isReplay })
        return --state.room > 0
      },
      live: (position) => state.liveAt.push(position),
      failed: (cause) => state.failures.push(cause),
    },
  })
  let count = 0
  /** Appends one fact, and answers it as the bus would deliver it. */
  async function append(stream: string): Promise<Fact> {
    const id = `00000000-0000-7000-8000-${(count++).toString(16).padStart(12, '0')}`
    const { facts } = await log.append(stream, [{ id, type: 'race.x', data: {}, meta }], 'any')
    return facts[0]!
  }
  return {
    log,
    follower,
    taken,
    state,
    append,
    positions: () => taken.map(({ fact }) => fact.position),
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

test('replays what is recorded, says live once, then goes on live', async () => {
  const { follower, taken, state, append, positions } = setUp({ stream: 'race-a' })
  for (let index = 0; index < 7; index++) await append('race-a')
  follower.start(2)
  await expect.poll(() => state.liveAt).toEqual([7])
  const fact = await append('race-a')
  follower.offer(fact)
  follower.offer(fact)
  expect(positions()).toEqual([3, 4, 5, 6, 7, 8])
  expect(taken.map(({ isReplay }) => isReplay)).toEqual([true, true, true, true, true, false])
})

test('a fact that is offered while it reads is neither lost nor repeated', async () => {
  const { follower, state, append, positions } = setUp({ stream: 'race-a' })
  const facts = [await append('race-a'), await append('race-a')]
  follower.start(0)
  facts.push(await append('race-a'))
  for (const fact of facts) follower.offer(fact)
  await expect.poll(() => state.liveAt.length).toBe(1)
  expect(positions()).toEqual([1, 2, 3])
})

test('a full sink holds nothing: the rest is read from the log when it resumes', async () => {
  const { follower, state, append, positions } = setUp({ kinds: ['race'] })
  follower.start(0)
  await expect.poll(() => state.liveAt.length).toBe(1)
  state.room = 2
  for (let index = 0; index < 20; index++) {
    follower.offer(await append(`race-${index % 3}`))
    await append('room-x')
  }
  expect(positions()).toEqual([1, 3])
  state.room = Number.POSITIVE_INFINITY
  follower.resume()
  await expect.poll(() => positions().length).toBe(20)
  follower.offer(await append('race-9'))
  expect(positions().at(-1)).toBe(41)
  expect(state.liveAt.length).toBe(1)
})

test('after stop nothing comes', async () => {
  const { follower, append, positions } = setUp({ stream: 'race-a' })
  await append('race-a')
  follower.start(0)
  follower.stop()
  follower.offer(await append('race-a'))
  await settled()
  expect(positions()).toEqual([])
})

test('a log that cannot be read ends it, once', async () => {
  const failures: unknown[] = []
  const broken = () => {
    throw new Error('broken')
  }
  const follower = createFollower({
    log: { readAll: broken, readStream: broken },
    followed: { kinds: ['race'] },
    sink: { take: () => true, live: () => {}, failed: (cause) => failures.push(cause) },
  })
  follower.start(0)
  await expect.poll(() => failures).toEqual([new Error('broken')])
})

test('whatever the timing of appends, deliveries, fullness and resumption, the order is whole', async () => {
  const step = fc.oneof(
    fc
      .constantFrom('race-a', 'race-b', 'room-x')
      .map((stream) => ({ do: 'append' as const, stream })),
    fc.constant({ do: 'deliver' as const }),
    fc.constant({ do: 'turn' as const }),
    fc.constant({ do: 'start' as const }),
    fc.integer({ min: 1, max: 4 }).map((room) => ({ do: 'full-after' as const, room })),
    fc.constant({ do: 'resume' as const }),
  )
  const followed = fc.constantFrom<Followed>({ stream: 'race-a' }, { kinds: ['race'] })
  await fc.assert(
    fc.asyncProperty(followed, fc.array(step, { maxLength: 60 }), async (what, steps) => {
      const { follower, state, append, positions } = setUp(what, 2)
      const expected: number[] = []
      const undelivered: Fact[] = []
      for (const each of steps) {
        if (each.do === 'append') {
          const fact = await append(each.stream)
          if (isFollowed(what, fact)) {
            expected.push(fact.position)
            undelivered.push(fact)
          }
        } else if (each.do === 'deliver') {
          const fact = undelivered.shift()
          if (fact) follower.offer(fact)
        } else if (each.do === 'turn') await new Promise((resolve) => setImmediate(resolve))
        else if (each.do === 'start') follower.start(0)
        else if (each.do === 'full-after') state.room = each.room
        else {
          state.room = Number.POSITIVE_INFINITY
          follower.resume()
        }
      }
      state.room = Number.POSITIVE_INFINITY
      follower.start(0)
      follower.resume()
      for (const fact of undelivered) follower.offer(fact)
      await expect.poll(positions, { interval: 1 }).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

test('kinds and streams are told apart', () => {
  const fact = { stream: 'race-a' } as Fact
  expect(kindOf(fact.stream)).toBe('race')
  expect(isFollowed({ stream: 'race-a' }, fact)).toBe(true)
  expect(isFollowed({ stream: 'race-b' }, fact)).toBe(false)
  expect(isFollowed({ kinds: ['room', 'race'] }, fact)).toBe(true)
  expect(isFollowed({ kinds: ['room'] }, fact)).toBe(false)
})
