import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { AppendRefused, type EventLog, LOG_LIMITS, VersionConflict } from '#events/event-log.ts'
import { type Fact, LOG_START, type NewFact, NO_VERSION } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'

/** How a suite gets a log: `reopen` closes it and opens the same again, where it can be. */
export interface EventLogSubject {
  readonly log: EventLog
  readonly reopen?: () => Promise<EventLogSubject>
  readonly dispose: () => Promise<void>
}

const ids = createUuidV7(systemClock)

function fact(n: number, id = ids.next()): NewFact {
  return {
    id,
    type: 'room.announced',
    data: { text: `fact ${n} ünïcode ✓`, about: 'x' },
    meta: {
      at: 1_700_000_000_000 + n,
      by: n % 2 ? 'alice' : null,
      connection: null,
      commandId: id,
      correlationId: id,
      causationId: null,
      schema: 1,
    },
  }
}

const facts = (count: number) => Array.from({ length: count }, (_, n) => fact(n))
const all = <T>(iterable: AsyncIterable<T>) => Array.fromAsync(iterable)
const versions = (read: readonly Fact[]) => read.map((each) => each.version)
const texts = (read: readonly NewFact[]) => read.map((each) => (each.data as { text: string }).text)

/** What every event log must do. A new implementation calls this with its own `create`. */
export function eventLogSuite(name: string, create: () => Promise<EventLogSubject>): void {
  describe(`event log: ${name}`, () => {
    let subject: EventLogSubject
    let log: EventLog
    beforeEach(async () => {
      subject = await create()
      log = subject.log
    })
    afterEach(() => subject.dispose())

    describe('append', () => {
      it('records facts with versions from 0 and rising positions', async () => {
        const first = await log.append('room-a', facts(2), 'no-stream')
        const second = await log.append('room-b', facts(1), 'any')
        expect(versions(first.facts)).toEqual([0, 1])
        expect(first.version).toBe(1)
        expect(second.version).toBe(0)
        expect(second.position).toBeGreaterThan(first.position)
        expect(first.facts[0]!.position).toBeGreaterThan(LOG_START)
        expect(first.facts[0]!.stream).toBe('room-a')
        expect(await log.head()).toBe(second.position)
      })

      it('gives back what was put in, to the letter', async () => {
        const written = facts(3)
        await log.append('room-a', written, 'any')
        const read = await all(log.readStream('room-a'))
        expect(read.map(({ id, type, data, meta }) => ({ id, type, data, meta }))).toEqual(written)
      })

      it.each([
        ['no-stream', 0, true],
        ['no-stream', 2, false],
        ['exists', 0, false],
        ['exists', 2, true],
        ['any', 0, true],
        ['any', 2, true],
        [NO_VERSION, 0, true],
        [NO_VERSION, 1, false],
        [1, 2, true],
        [0, 2, false],
        [2, 2, false],
        [5, 0, false],
      ] as const)(
        'expecting %s of a stream with %i facts: taken is %s',
        async (expected, has, ok) => {
          if (has > 0) await log.append('room-a', facts(has), 'any')
          const before = await log.head()
          const append = log.append('room-a', facts(1), expected)
          if (ok) return expect((await append).version).toBe(has)
          const conflict = await append.catch((cause: unknown) => cause)
          expect(conflict).toBeInstanceOf(VersionConflict)
          expect(conflict).toMatchObject({ stream: 'room-a', expected, actual: has - 1 })
          expect(await log.head()).toBe(before)
        },
      )

      it.each(['any', 'no-stream', 'exists', 1] as const)(
        'records the same append once, expecting %s',
        async (expected) => {
          if (expected === 'exists' || expected === 1) await log.append('room-a', facts(2), 'any')
          const written = facts(2)
          const first = await log.append('room-a', written, expected)
          await log.append('room-a', facts(1), 'any')
          const again = await log.append('room-a', written, expected)
          expect(again).toEqual(first)
          expect(await log.streamVersion('room-a')).toBe(first.version + 1)
        },
      )

      it('refuses a mixture of recorded and new facts, whole', async () => {
        const [a, b, c] = facts(3) as [NewFact, NewFact, NewFact]
        await log.append('room-a', [a, b], 'any')
        await expect(log.append('room-a', [b, c], 'any')).rejects.toThrow(AppendRefused)
        await expect(log.append('room-a', [c, a], 'any')).rejects.toThrow(AppendRefused)
        await expect(log.append('room-a', [b, a], 'any')).rejects.toThrow(AppendRefused)
        await expect(log.append('room-b', [a], 'any')).rejects.toThrow(AppendRefused)
        expect(await log.streamVersion('room-a')).toBe(1)
        expect(await log.streamVersion('room-b')).toBe(NO_VERSION)
      })

      it.each([
        ['no facts', 'room-a', () => []],
        ['too many facts', 'room-a', () => facts(LOG_LIMITS.factsPerAppend + 1)],
        ['no name', '', () => facts(1)],
        ['a long name', `room-${'ü'.repeat(LOG_LIMITS.streamNameBytes / 2)}`, () => facts(1)],
        ['an id that is no UUID', 'room-a', () => [fact(0, 'x')]],
        [
          'a huge fact',
          'room-a',
          () => [{ ...fact(0), data: { text: 'x'.repeat(LOG_LIMITS.factBytes), about: '' } }],
        ],
      ])('refuses %s and leaves nothing', async (_, stream, make) => {
        await expect(log.append(stream, make(), 'any')).rejects.toThrow(AppendRefused)
        expect(await log.head()).toBe(LOG_START)
        await log.append('room-a', facts(1), 'no-stream')
      })

      it('takes appends that arrive together in their order', async () => {
        const results = await Promise.all(
          Array.from({ length: 300 }, (_, n) => log.append(`room-${n % 3}`, [fact(n)], 'any')),
        )
        const positions = results.map(({ position }) => position)
        expect(positions).toEqual(positions.toSorted((a, b) => a - b))
        expect(new Set(positions).size).toBe(300)
        for (const n of [0, 1, 2]) {
          expect(versions(await all(log.readStream(`room-${n}`)))).toEqual([...Array(100).keys()])
        }
      })

      it('lets one of many rivals with the same expectation win', async () => {
        const rivals = await Promise.allSettled(
          Array.from({ length: 20 }, (_, n) => log.append('room-a', [fact(n)], 'no-stream')),
        )
        expect(rivals.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        expect(await log.streamVersion('room-a')).toBe(0)
      })
    })

    describe('read', () => {
      beforeEach(async () => {
        for (let n = 0; n < 6; n++) await log.append(`room-${n % 2}`, facts(2), 'any')
        await log.append('race-x', facts(1), 'any')
      })

      it.each([
        [{}, [0, 1, 2, 3, 4, 5]],
        [{ from: 3 }, [3, 4, 5]],
        [{ from: 1, limit: 2 }, [1, 2]],
        [{ from: 9 }, []],
        [{ limit: 0 }, []],
        [{ direction: 'backwards' }, [5, 4, 3, 2, 1, 0]],
        [{ direction: 'backwards', from: 2 }, [2, 1, 0]],
        [{ direction: 'backwards', from: 4, limit: 3 }, [4, 3, 2]],
        [{ direction: 'backwards', from: 99, limit: 1 }, [5]],
      ] as const)('a stream with %j', async (options, expected) => {
        expect(versions(await all(log.readStream('room-1', options)))).toEqual(expected)
      })

      it('nothing of a stream that is not there', async () => {
        expect(await all(log.readStream('room-none'))).toEqual([])
        expect(await log.streamVersion('room-none')).toBe(NO_VERSION)
      })

      it('everything in order, both ways, from any position', async () => {
        const forwards = await all(log.readAll())
        expect(forwards).toHaveLength(13)
        const positions = forwards.map(({ position }) => position)
        expect(positions).toEqual(positions.toSorted((a, b) => a - b))
        expect(await all(log.readAll({ direction: 'backwards' }))).toEqual(forwards.toReversed())
        for (const [index, { position }] of forwards.entries()) {
          expect(await all(log.readAll({ after: position }))).toEqual(forwards.slice(index + 1))
          expect(await all(log.readAll({ after: position, direction: 'backwards' }))).toEqual(
            forwards.slice(0, index).toReversed(),
          )
        }
        expect(await all(log.readAll({ after: positions[2]!, limit: 4 }))).toEqual(
          forwards.slice(3, 7),
        )
      })

      it('the facts of some kinds', async () => {
        const races = await all(log.readAll({ kinds: ['race'] }))
        expect(races.map(({ stream }) => stream)).toEqual(['race-x'])
        const both = await all(log.readAll({ kinds: ['race', 'room'] }))
        expect(both).toEqual(await all(log.readAll()))
        expect(
          await all(log.readAll({ kinds: ['room'], direction: 'backwards', limit: 3 })),
        ).toEqual(both.slice(9, 12).toReversed())
        const middle = both[4]!.position
        expect(await all(log.readAll({ kinds: ['room'], after: middle }))).toEqual(
          both.slice(5, 12),
        )
        expect(await all(log.readAll({ kinds: ['none'] }))).toEqual([])
      })

      it('hides what a stream’s metadata truncates', async () => {
        await log.writeMetadata('room-1', { truncateBefore: 2, custom: { note: 'x' } })
        expect(await log.readMetadata('room-1')).toEqual({
          truncateBefore: 2,
          custom: { note: 'x' },
        })
        expect(versions(await all(log.readStream('room-1')))).toEqual([2, 3, 4, 5])
        await log.writeMetadata('room-1', { maxCount: 1 })
        expect(versions(await all(log.readStream('room-1', { direction: 'backwards' })))).toEqual([
          5,
        ])
        expect(await log.readMetadata('room-0')).toEqual({})
      })
    })

    describe('subscribe', () => {
      it('catches up, goes live once, and follows without gap or repeat', async () => {
        await log.append('room-a', facts(5), 'any')
        const follower = follow(log, { after: LOG_START, batchSize: 2 })
        await follower.live
        for (let n = 0; n < 20; n++) await log.append(`room-${n % 4}`, facts(3), 'any')
        await follower.until(65)
        expect(follower.seen).toEqual(await all(log.readAll()))
        expect(follower.liveCalls).toBe(1)
        await follower.stop()
      })

      it('starts after a position and keeps to its kinds or its stream', async () => {
        const { position } = await log.append('room-a', facts(2), 'any')
        const ofKind = follow(log, { after: position, kinds: ['race'] })
        const ofStream = follow(log, { after: LOG_START, stream: 'room-a' })
        await log.append('room-b', facts(2), 'any')
        await log.append('race-a', facts(2), 'any')
        await log.append('room-a', facts(1), 'any')
        await ofKind.until(2)
        await ofStream.until(3)
        expect(ofKind.seen.map(({ stream }) => stream)).toEqual(['race-a', 'race-a'])
        expect(versions(ofStream.seen)).toEqual([0, 1, 2])
        await ofKind.stop()
        await ofStream.stop()
      })

      it('waits for a slow handler and delivers nothing after it is stopped', async () => {
        await log.append('room-a', facts(4), 'any')
        const seen: number[] = []
        const gate = Promise.withResolvers<void>()
        const entered = Promise.withResolvers<void>()
        const subscription = log.subscribe(
          { after: LOG_START, batchSize: 2 },
          {
            async deliver(batch) {
              seen.push(batch.length)
              entered.resolve()
              await gate.promise
            },
          },
        )
        await entered.promise
        const stopped = subscription.stop()
        gate.resolve()
        await stopped
        await log.append('room-a', facts(1), 'any')
        expect(seen).toEqual([2])
      })

      it('ends with the handler’s error', async () => {
        const failure = Promise.withResolvers<unknown>()
        log.subscribe(
          { after: LOG_START },
          {
            deliver() {
              throw new Error('no more')
            },
            failed: failure.resolve,
          },
        )
        await log.append('room-a', facts(1), 'any')
        expect(await failure.promise).toMatchObject({ message: 'no more' })
      })

      it('gives a checkpoint from which another goes on exactly', async () => {
        const seen: Fact[] = []
        let checkpoint = LOG_START
        for (let round = 0; round < 5; round++) {
          await log.append('room-a', facts(3), 'any')
          await log.append('race-a', facts(2), 'any')
          const reached = Promise.withResolvers<void>()
          const wanted = (round + 1) * 3
          const subscription = log.subscribe(
            { after: checkpoint, kinds: ['room'], batchSize: 2 },
            {
              deliver(batch, through) {
                seen.push(...batch)
                checkpoint = through
                if (seen.length >= wanted) reached.resolve()
              },
            },
          )
          await reached.promise
          await subscription.stop()
        }
        expect(seen).toEqual(await all(log.readAll({ kinds: ['room'] })))
      })
    })

    it('behaves like a list of facts, whatever is done to it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
          const own = await create()
          try {
            await checkAgainstModel(own, operations)
          } finally {
            await own.dispose()
          }
        }),
        { numRuns: 25 },
      )
    })
  })
}

function follow(log: EventLog, options: Parameters<EventLog['subscribe']>[0]) {
  const seen: Fact[] = []
  const live = Promise.withResolvers<void>()
  let waiting: { count: number; resolve: () => void } | undefined
  const follower = {
    seen,
    live: live.promise,
    liveCalls: 0,
    until: (count: number) =>
      new Promise<void>((resolve) => {
        if (seen.length >= count) resolve()
        else waiting = { count, resolve }
      }),
    stop: () => subscription.stop(),
  }
  const subscription = log.subscribe(options, {
    deliver(batch) {
      seen.push(...batch)
      if (waiting && seen.length >= waiting.count) waiting.resolve()
    },
    live() {
      follower.liveCalls++
      live.resolve()
    },
    failed: live.reject,
  })
  return follower
}

const operation = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    stream: fc.constantFrom('room-a', 'room-b', 'race-a'),
    count: fc.integer({ min: 1, max: 4 }),
    expected: fc.oneof(
      fc.constantFrom('any' as const, 'no-stream' as const, 'exists' as const),
      fc.integer({ min: -1, max: 6 }),
    ),
  }),
  fc.record({ kind: fc.constant('repeat' as const), nth: fc.nat(20) }),
  fc.record({ kind: fc.constant('reopen' as const) }),
)

async function checkAgainstModel(
  subject: EventLogSubject,
  operations: readonly (typeof operation extends fc.Arbitrary<infer T> ? T : never)[],
): Promise<void> {
  let current = subject
  const model: { stream: string; text: string }[] = []
  const appends: { stream: string; written: NewFact[] }[] = []
  const count = (stream: string) => model.filter((each) => each.stream === stream).length
  let n = 0
  for (const step of operations) {
    if (step.kind === 'reopen') {
      if (current.reopen) current = await current.reopen()
      continue
    }
    if (step.kind === 'repeat') {
      const append = appends[step.nth]
      if (append) await current.log.append(append.stream, append.written, 'any')
      continue
    }
    const written = Array.from({ length: step.count }, () => fact(n++))
    const actual = count(step.stream) - 1
    const isTaken =
      step.expected === 'any' ||
      (step.expected === 'exists' && actual >= 0) ||
      (step.expected === 'no-stream' && actual < 0) ||
      step.expected === actual
    const outcome = await current.log.append(step.stream, written, step.expected).catch((e) => e)
    expect(outcome instanceof VersionConflict).toBe(!isTaken)
    if (!isTaken) continue
    appends.push({ stream: step.stream, written })
    for (const text of texts(written)) model.push({ stream: step.stream, text })
  }
  const { log } = current
  const recorded = await all(log.readAll())
  expect(recorded.map((each, i) => ({ stream: each.stream, text: texts(recorded)[i] }))).toEqual(
    model,
  )
  for (const stream of ['room-a', 'room-b', 'race-a']) {
    const own = await all(log.readStream(stream))
    expect(versions(own)).toEqual([...Array(count(stream)).keys()])
    expect(own).toEqual(recorded.filter((each) => each.stream === stream))
    expect(await log.streamVersion(stream)).toBe(own.length - 1)
  }
  expect(await all(log.readAll({ kinds: ['room'] }))).toEqual(
    recorded.filter((each) => each.stream.startsWith('room-')),
  )
}
