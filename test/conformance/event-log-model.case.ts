import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { VersionConflict } from '#events/event-log.ts'
import type { NewFact } from '#events/fact.ts'

import {
  all,
  type CreateSubject,
  type EventLogSubject,
  fact,
  texts,
  versions,
} from '#test/conformance/event-log-fixture.ts'

import { checkFollowers, commands } from '#test/conformance/event-log-model-commands.ts'
import { checkInterleaved, writers } from '#test/conformance/event-log-model-interleaved.ts'
import { LogModel } from '#test/conformance/event-log-model.ts'

/** fast-check prints the seed of a failure; `TEST_SEED` runs it again. */
const seed = Number(process.env['TEST_SEED'] ?? 0) || undefined
const parameters = (numRuns: number) => ({ numRuns, ...(seed !== undefined && { seed }) })

export interface ModelSuiteOptions {
  /** Histories of each sort. Default 60. */
  readonly runs?: number
}

/** A log against a model of the whole port, in sequences of commands and with rival writers. */
export function eventLogModelSuite(
  name: string,
  create: CreateSubject,
  { runs = 60 }: ModelSuiteOptions = {},
): void {
  describe(`event log against its model: ${name}`, () => {
    it('does what the model does', () => fc.assert(likeTheModel(create), parameters(runs)))

    it('has done the changes of many writers in some order', () =>
      fc.assert(inSomeOrder(create), parameters(runs)))
  })
}

/** That a log does what the model does, command after command. */
export function likeTheModel(create: CreateSubject) {
  return fc.asyncProperty(commands, async (steps) => {
    const model = new LogModel()
    const real = { subject: await create(), written: [], followers: [] }
    try {
      await fc.asyncModelRun(() => ({ model, real }), steps)
      await checkFollowers(model, real)
    } finally {
      await real.subject.dispose()
    }
  })
}

/** That what many writers have done at once can have been done one after the other. */
export function inSomeOrder(create: CreateSubject) {
  return fc.asyncProperty(fc.scheduler(), writers, async (scheduler, work) => {
    const subject = await create()
    try {
      await checkInterleaved(subject.log, scheduler, work)
    } finally {
      await subject.dispose()
    }
  })
}

/** Any sequence of appends, repetitions and restarts, against a list. */
export function modelSuite(create: CreateSubject): void {
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
