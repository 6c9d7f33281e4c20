import fc from 'fast-check'
import { expect } from 'vitest'

import {
  DELETED,
  type EventLog,
  type ExpectedVersion,
  type ReadAllOptions,
  type ReadAs,
  type ReadStreamOptions,
} from '#events/event-log.ts'
import type { NewFact } from '#events/fact.ts'

import {
  all,
  type EventLogSubject,
  fact,
  facts,
  follow,
} from '#test/conformance/event-log-fixture.ts'
import {
  type Change,
  type Entry,
  entryOf,
  type LogModel,
  perform,
  type Wanted,
} from '#test/conformance/event-log-model.ts'

/** A log under test with who listens to it, and the facts that were written to it. */
export interface RealLog {
  subject: EventLogSubject
  readonly written: { readonly stream: string; readonly facts: readonly NewFact[] }[]
  followers: Follower[]
}

interface Follower {
  readonly from: number
  readonly wanted: Wanted
  readonly listener: ReturnType<typeof follow>
}

type Command = fc.AsyncCommand<LogModel, RealLog>

const command = (
  name: string,
  run: (model: LogModel, real: RealLog) => Promise<void>,
): Command => ({ check: () => true, run, toString: () => name })

const change = (name: string, make: (real: RealLog) => Change): Command =>
  command(name, async (model, real) => {
    const asked = make(real)
    const outcome = await perform(real.subject.log, asked)
    const alsoRight = model.alsoRight(asked)
    expect([model.apply(asked), alsoRight]).toContainEqual(outcome)
    if (asked.what === 'append') real.written.push(asked)
    expect(await real.subject.log.streamVersion(asked.stream)).toBe(model.version(asked.stream))
  })

const STREAMS = ['room-a', 'room-b', 'race-a']
const stream = fc.constantFrom(...STREAMS)
const expected: fc.Arbitrary<ExpectedVersion> = fc.oneof(
  fc.constantFrom<ExpectedVersion>('any', 'any', 'no-stream', 'exists'),
  fc.integer({ min: -1, max: 6 }),
)
const metadata = fc.record(
  {
    maxCount: fc.integer({ min: 1, max: 4 }),
    truncateBefore: fc.integer({ min: 0, max: 5 }),
    custom: fc.constant({ note: 'mine' }),
  },
  { requiredKeys: [] },
)
const direction = fc.constantFrom<'forwards' | 'backwards'>('forwards', 'backwards')
const limit = fc.integer({ min: 0, max: 5 })

/** How an append comes again: as it was, or as nobody may. */
const again: Readonly<Record<string, (before: readonly NewFact[]) => readonly NewFact[]>> = {
  whole: (before) => before,
  'in part': (before) => before.slice(-1),
  reversed: (before) => before.toReversed(),
  'with a new one': (before) => [...before, fact(0)],
  'after a new one': (before) => [fact(0), ...before],
}

const repeat = fc
  .record({
    nth: fc.nat(),
    how: fc.constantFrom(...Object.keys(again)),
    elsewhere: fc.option(stream, { freq: 5, nil: undefined }),
    expected,
  })
  .map(({ nth, how, elsewhere, expected }) =>
    change(`repeat ${nth} ${how} ${elsewhere ?? ''} expecting ${expected}`, ({ written }) => {
      const before = written[nth % Math.max(1, written.length)]
      const made = before ? again[how]!(before.facts) : facts(1)
      const to = elsewhere ?? before?.stream ?? 'room-a'
      return { what: 'append', stream: to, facts: made, expected }
    }),
  )

const readStream = fc
  .record(
    { stream, from: fc.nat(7), direction, limit, as: fc.constantFrom<ReadAs>('facts', 'records') },
    { requiredKeys: ['stream'] },
  )
  .map(({ stream, ...options }) =>
    command(`read ${stream} ${JSON.stringify(options)}`, (model, { subject }) =>
      checkReadStream(model, subject.log, stream, options),
    ),
  )

async function checkReadStream(
  model: LogModel,
  log: EventLog,
  stream: string,
  options: ReadStreamOptions,
): Promise<void> {
  const read = await all(log.readStream(stream, options))
  expect(read.map(entryOf)).toEqual(model.readStream(stream, options))
  expect(await log.readMetadata(stream)).toEqual(model.metadata(stream))
}

const wanted: fc.Arbitrary<Wanted> = fc.constantFrom<Wanted>(
  {},
  { as: 'records' },
  { kinds: ['room'] },
  { kinds: ['race', '$$room'], as: 'records' },
)

const readAll = fc
  .record({ nth: fc.nat(), wanted, direction, limit: fc.option(limit, { nil: undefined }) })
  .map(({ nth, ...wanted }) =>
    command(`read all from ${nth} ${JSON.stringify(wanted)}`, (model, { subject }) =>
      checkReadAll(model, subject.log, nth, wanted),
    ),
  )

interface WantedPage {
  readonly wanted: Wanted
  readonly direction: 'forwards' | 'backwards'
  readonly limit: number | undefined
}

async function checkReadAll(
  model: LogModel,
  log: EventLog,
  nth: number,
  { wanted, direction, limit }: WantedPage,
): Promise<void> {
  const records = await all(log.readAll({ as: 'records' }))
  expect(records.map(entryOf)).toEqual(model.entries)
  expect(await log.head()).toBe(records.at(-1)?.position ?? 0)
  const from = nth % (records.length + 1)
  const isBackwards = direction === 'backwards'
  const after = isBackwards ? records[from]?.position : records[from - 1]?.position
  const options: ReadAllOptions = {
    ...wanted,
    direction,
    ...(limit !== undefined && { limit }),
    ...(after !== undefined && { after }),
  }
  const inOrder = isBackwards
    ? without(model.chosen(0, wanted), model.chosen(from, wanted).length).toReversed()
    : model.chosen(from, wanted)
  expect((await all(log.readAll(options))).map(entryOf)).toEqual(inOrder.slice(0, limit))
}

const without = (entries: readonly Entry[], last: number): Entry[] =>
  entries.slice(0, entries.length - last)

const subscribe = fc
  .record({
    nth: fc.nat(),
    wanted: fc.oneof(
      wanted,
      stream.map((stream) => ({ stream })),
    ),
    batchSize: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ nth, wanted, batchSize }) =>
    command(`subscribe after ${nth} ${JSON.stringify(wanted)}`, async (_, real) => {
      const records = await all(real.subject.log.readAll({ as: 'records' }))
      const from = nth % (records.length + 1)
      const after = records[from - 1]?.position ?? 0
      const listener = follow(real.subject.log, { ...wanted, after, batchSize })
      real.followers.push({ from, wanted, listener })
    }),
  )

const reopen = fc.constant(
  command('reopen', async (model, real) => {
    await checkFollowers(model, real)
    if (real.subject.reopen) real.subject = await real.subject.reopen()
  }),
)

/** Every follower has heard all that it wanted, in order; they are stopped. */
export async function checkFollowers(model: LogModel, real: RealLog): Promise<void> {
  for (const { from, wanted, listener } of real.followers.splice(0)) {
    const due = model.chosen(from, wanted)
    await listener.until(due.length)
    await listener.stop()
    expect(listener.seen.map(entryOf)).toEqual(due)
  }
}

export const append = fc
  .record({ stream, count: fc.integer({ min: 1, max: 3 }), expected })
  .map(({ stream, count, expected }) => {
    const made = facts(count)
    return { what: 'append', stream, facts: made, expected } satisfies Change
  })
export const setMetadata = fc
  .record({ stream, metadata: fc.oneof(metadata, fc.constant({ truncateBefore: DELETED })) })
  .map((asked) => ({ what: 'metadata', ...asked }) satisfies Change)
export const tombstone = fc
  .record({ stream, expected })
  .map((asked) => ({ what: 'tombstone', ...asked }) satisfies Change)

const nameOf = (asked: Change): string =>
  asked.what === 'append'
    ? `append ${asked.facts.length} to ${asked.stream} expecting ${asked.expected}`
    : JSON.stringify(asked)
const toCommand = (asked: Change): Command => change(nameOf(asked), () => asked)

/** Appends most, since all else is about them; tombstones least, since nothing follows them. */
export const commands = fc.commands<LogModel, RealLog, false>(
  [
    append.map(toCommand),
    append.map(toCommand),
    append.map(toCommand),
    repeat,
    repeat,
    setMetadata.map(toCommand),
    fc.oneof({ weight: 1, arbitrary: tombstone.map(toCommand) }, { weight: 4, arbitrary: readAll }),
    readStream,
    readStream,
    readAll,
    subscribe,
    reopen,
  ],
  { maxCommands: 40 },
)
