import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Fold } from '#actors/kernel/fold.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import { discsWithoutList } from '#actors/race/race.counts.ts'
import { raceAfter, steps } from '#actors/race/race-steps.fixture.ts'
import { createRace } from '#actors/race/race.fixture.ts'
import type { NewFact } from '#events/fact.ts'
import { isZip } from '#events/release-kind.ts'
import { folderOf } from '#events/release-paths.ts'

describe('race', () => {
  it('keeps its figures true, whatever happens', () => {
    fc.assert(
      fc.property(steps, (given) => void raceAfter(given, ({ state }) => checkFigures(state))),
      { numRuns: 300, seed: 20_261_121 },
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

/** The counters that the machine keeps, against what its files, sfvs and dizs say. */
function checkFigures({ value, context }: { value: string; context: RaceContext }): void {
  const good = Object.entries(context.files).filter(([, { isBad }]) => !isBad)
  const listedDone = Object.entries(context.expected).filter(([path, crc32]) => {
    const present = context.files[path]
    return present && !present.isBad && present.crc32 === crc32
  })
  let expectedCount = Object.keys(context.expected).length
  let doneCount = listedDone.length
  for (const [folder, set] of Object.entries(context.zips)) {
    const files = good.filter(([path]) => isZip(path) && folderOf(path) === folder).length
    expect(set.files).toBe(files)
    expectedCount += set.expectedFiles
    doneCount += Math.min(files, set.expectedFiles)
  }
  expect(context.fileCount).toBe(Object.keys(context.files).length)
  expect(context.expectedCount).toBe(expectedCount)
  expect(context.doneCount).toBe(doneCount)
  expect(context.sizeBytes).toBe(good.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0))
  for (const [name, racer] of Object.entries(context.racers)) {
    const own = good.filter(([, { member, counted }]) => member === name && counted)
    expect(racer.files).toBe(own.length)
    expect(racer.sizeBytes).toBe(own.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0))
  }
  const isAllHere = expectedCount > 0 && doneCount === expectedCount
  // A disc without a list does not end a release that is complete: then either is right.
  if (!isAllHere) expect(value).toBe('open')
  else if (discsWithoutList(context).length === 0) expect(value).toBe('complete')
  for (const { file } of Object.values(context.zips)) {
    expect(context.files[file]).toMatchObject({ isBad: false })
  }
}
