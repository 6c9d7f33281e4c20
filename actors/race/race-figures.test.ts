import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Fold } from '#actors/kernel/fold.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import { createRace, home, type Race } from '#actors/race/race.fixture.ts'
import type { NewFact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

describe('race', () => {
  it('keeps its figures true, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const race = createRace()
        race.tell('alice', { type: 'race.create', ...home })
        for (const apply of steps) {
          try {
            apply(race)
          } catch (cause) {
            if (!(cause instanceof Refusal)) throw cause
          }
          checkFigures(race.state)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('folds to the same state from its history', () => {
    const race = createRace()
    race.sfv('alice', 3)
    for (let n = 0; n < 3; n++) race.upload(n % 2 ? 'bob' : 'alice', `r${n}`, n)
    race.tell('alice', { type: 'race.delete-file', file: 'r0' })
    const again = new Fold(raceActor.machine)
    for (const fact of race.facts) again.apply(JSON.parse(JSON.stringify(fact)) as NewFact)
    expect(again.state(race.state.version)).toEqual(race.state)
  })
})

const member = fc.constantFrom('alice', 'bob', 'carol')
const file = fc.constantFrom('r0', 'r1', 'r2', 'r3', 'x', 'rel.sfv', 'two.sfv')
const step = fc.oneof(
  fc.tuple(member, file, fc.nat(4)).map(([by, name, n]) => (race: Race) => {
    if (name.endsWith('.sfv')) return race.sfv(by, n, name)
    return race.upload(by, name, n)
  }),
  fc.tuple(member, file).map(
    ([by, name]) =>
      (race: Race) =>
        race.tell(by, { type: 'race.delete-file', file: name }, { isGranted: true }),
  ),
  fc.tuple(member, file, file).map(
    ([by, from, to]) =>
      (race: Race) =>
        race.tell(by, { type: 'race.rename-file', from, to }, { isGranted: true }),
  ),
)

/** The counters that the machine keeps, against what its files and sfvs say. */
function checkFigures({ value, context }: { value: string; context: RaceContext }): void {
  const good = Object.values(context.files).filter(({ isBad }) => !isBad)
  const done = Object.entries(context.expected).filter(([path, crc32]) => {
    const present = context.files[path]
    return present && !present.isBad && present.crc32 === crc32
  })
  expect(context.fileCount).toBe(Object.keys(context.files).length)
  expect(context.expectedCount).toBe(Object.keys(context.expected).length)
  expect(context.doneCount).toBe(done.length)
  expect(context.sizeBytes).toBe(good.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  for (const [name, racer] of Object.entries(context.racers)) {
    const own = good.filter(({ member: by, counted }) => by === name && counted)
    expect(racer.files).toBe(own.length)
    expect(racer.sizeBytes).toBe(own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  }
  const isComplete = context.expectedCount > 0 && context.doneCount === context.expectedCount
  expect(value).toBe(isComplete ? 'complete' : 'open')
}
