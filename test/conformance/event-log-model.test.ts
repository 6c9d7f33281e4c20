import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { AppendRefused, type EventLog, VersionConflict } from '#events/event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'

import {
  type CreateSubject,
  type EventLogSubject,
  facts,
} from '#test/conformance/event-log-fixture.ts'
import {
  eventLogModelSuite,
  inSomeOrder,
  likeTheModel,
} from '#test/conformance/event-log-model.case.ts'
import { isLinear } from '#test/conformance/event-log-model-interleaved.ts'
import { lmdbSubject, memorySubject } from '#test/conformance/event-log-subjects.ts'
import { type Change, LogModel } from '#test/conformance/event-log-model.ts'

eventLogModelSuite('memory', memorySubject, { runs: 300 })

for (const indexEvery of [2, 8_192]) {
  eventLogModelSuite(`lmdb, indexed every ${indexEvery}`, () => lmdbSubject(indexEvery))
}

describe('the search for an order', () => {
  const append = (expected: number): Change => ({
    what: 'append',
    stream: 'room-a',
    facts: facts(1),
    expected,
  })
  const [first, second] = [append(-1), append(0)]
  const model = new LogModel()
  model.apply(first)
  model.apply(second)
  const log = model.entries

  it.each([
    ['one after the other', [0, 1], [2, 3], true],
    ['at the same time', [0, 3], [1, 2], true],
    ['the second before the first was asked for', [2, 3], [0, 1], false],
  ])('%s', (_, [from, until], [later, end], isPossible) => {
    const events = [
      { change: second, outcome: [1], from: later!, until: end! },
      { change: first, outcome: [0], from: from!, until: until! },
    ]
    expect(isLinear(events, new LogModel(), log)).toBe(isPossible)
  })

  it('finds a lost update', () => {
    const rival = append(-1)
    const events = [
      { change: first, outcome: [0], from: 0, until: 2 },
      { change: rival, outcome: [0], from: 1, until: 3 },
    ]
    expect(isLinear(events, new LogModel(), log.slice(0, 1))).toBe(false)
  })
})

/** Logs with one fault each, and the property that must find it. */
const faulty: readonly (readonly [
  string,
  (create: CreateSubject) => fc.IRawProperty<any>,
  (log: EventLog) => Partial<EventLog>,
])[] = [
  [
    'takes what it should not expect',
    likeTheModel,
    (log) => ({ append: (stream, written) => log.append(stream, written, 'any') }),
  ],
  [
    'records a repeated append again',
    likeTheModel,
    (log) => ({
      append: (stream, written, expected) =>
        log.append(
          stream,
          facts(written.length).map(({ id }, index) => ({ ...written[index]!, id })),
          expected,
        ),
    }),
  ],
  [
    'reads one too few backwards',
    likeTheModel,
    (log) => ({
      readStream: (stream, options = {}) =>
        log.readStream(stream, {
          ...options,
          ...(options.direction === 'backwards' && {
            limit: Math.max(0, (options.limit ?? 9) - 1),
          }),
        }),
    }),
  ],
  [
    'forgets the metadata',
    likeTheModel,
    (log) => ({ readMetadata: async () => ({}), writeMetadata: log.writeMetadata }),
  ],
  [
    'tells a subscriber of facts twice',
    likeTheModel,
    (log) => ({
      subscribe: (options, handlers) =>
        log.subscribe(options, {
          ...handlers,
          deliver: (batch, through) => handlers.deliver([...batch, ...batch], through),
        }),
    }),
  ],
  [
    'looks at the version first and appends later',
    inSomeOrder,
    (log) => ({
      async append(stream, written, expected) {
        const actual = await log.streamVersion(stream)
        const isNone = expected === 'no-stream' || expected === -1
        const isWrong = isNone ? actual !== -1 : expected !== 'any' && expected !== actual
        if (isWrong) throw new VersionConflict(stream, expected, actual)
        await new Promise((resolve) => setImmediate(resolve))
        return await log.append(stream, written, 'any')
      },
    }),
  ],
  [
    'refuses an append that it has recorded',
    inSomeOrder,
    (log) => ({
      async append(...args) {
        await log.append(...args)
        throw new AppendRefused('no')
      },
    }),
  ],
]

describe('the model finds a log that', () => {
  it.each(faulty)('%s', async (_, property, broken) => {
    const create = async (): Promise<EventLogSubject> => {
      const log = createMemoryEventLog()
      return { log: { ...log, ...broken(log) }, dispose: () => log.close() }
    }
    const { failed } = await fc.check(property(create), {
      numRuns: 200,
      seed: 1,
      endOnFailure: true,
    })
    expect(failed).toBe(true)
  })
})
