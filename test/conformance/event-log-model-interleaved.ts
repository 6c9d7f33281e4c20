import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'

import type { EventLog } from '#events/event-log.ts'

import { all } from '#test/conformance/event-log-fixture.ts'
import { append, setMetadata, tombstone } from '#test/conformance/event-log-model-commands.ts'
import {
  type Change,
  type Entry,
  entryOf,
  LogModel,
  type Outcome,
  perform,
} from '#test/conformance/event-log-model.ts'

/** A change that was made while others were: when it was asked for, and when it had ended. */
interface Event {
  readonly change: Change
  readonly outcome: Outcome
  readonly from: number
  readonly until: number
}

/** What some writers do, each one thing after the other; some append what another one has, too. */
export const writers = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: append },
      { weight: 1, arbitrary: setMetadata },
      { weight: 1, arbitrary: tombstone },
    ),
    { minLength: 2, maxLength: 9 },
  )
  .chain((changes) =>
    fc.tuple(
      fc.constant(changes as readonly Change[]),
      fc.array(fc.nat(changes.length - 1), { maxLength: 3 }),
      fc.integer({ min: 2, max: 4 }),
    ),
  )
  .map(([changes, again, count]) => {
    const asked = [...changes, ...again.map((index) => changes[index]!)]
    return Array.from({ length: count }, (_, writer) =>
      asked.filter((_, index) => index % count === writer),
    )
  })

/** Lets the writers loose in the scheduler's order; what came of it must have an order, too. */
export async function checkInterleaved(
  log: EventLog,
  scheduler: fc.Scheduler,
  work: readonly (readonly Change[])[],
): Promise<void> {
  const events: Event[] = []
  let moment = 0
  const write = async (changes: readonly Change[]): Promise<void> => {
    for (const change of changes) {
      await scheduler.schedule(Promise.resolve(), change.what)
      const from = moment++
      const outcome = await perform(log, change)
      events.push({ change, outcome, from, until: moment++ })
    }
  }
  await scheduler.waitFor(Promise.all(work.map(write)))
  const entries = (await all(log.readAll({ as: 'records' }))).map(entryOf)
  if (!isLinear(events, new LogModel(), entries)) {
    throw new Error(`these cannot have been done in any order:\n${describeEvents(events)}`)
  }
}

/**
 * Whether the changes can have happened one after the other, each between being asked for and
 * having ended, with these outcomes and this log (Wing and Gong's search).
 */
export function isLinear(
  events: readonly Event[],
  model: LogModel,
  log: readonly Entry[],
): boolean {
  if (events.length === 0) return isDeepStrictEqual(model.entries, log)
  const firstEnd = Math.min(...events.map(({ until }) => until))
  return events.some((event) => {
    if (event.from > firstEnd) return false
    const next = new LogModel(model)
    const isAlsoRight = model.alsoRight(event.change) === event.outcome
    if (!isDeepStrictEqual(next.apply(event.change), event.outcome) && !isAlsoRight) return false
    const [added, recorded] = [next.entries, log.slice(0, next.entries.length)]
    if (!isDeepStrictEqual(added, recorded)) return false
    return isLinear(
      events.filter((other) => other !== event),
      next,
      log,
    )
  })
}

function describeEvents(events: readonly Event[]): string {
  return events
    .map(({ change, outcome, from, until }) => {
      const expected = 'expected' in change ? ` expecting ${change.expected}` : ''
      return `${from}-${until} ${change.what} ${change.stream}${expected}: ${String(outcome)}`
    })
    .join('\n')
}
