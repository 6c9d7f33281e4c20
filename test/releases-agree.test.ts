import fc from 'fast-check'
import { expect, it } from 'vitest'

import { raceAfter, steps } from '#actors/race/race-steps.fixture.ts'
import type { Fact } from '#events/fact.ts'
import { rowsAfter } from '#projections/kernel/given-facts.ts'
import { releasesProjection } from '#projections/releases/releases.projection.ts'
import { releaseFiles, releases } from '#projections/releases/releases.tables.ts'

it('the dirlog says of a release what its race says, whatever happens', () => {
  fc.assert(
    fc.property(steps, (given) => {
      const race = raceAfter(given)
      const facts = race.facts.map((fact, index): Fact => {
        return { ...fact, stream: 'race-1', version: index, position: index + 1 }
      })
      const rows = rowsAfter(releasesProjection, facts)
      const [row] = rows.of(releases)
      const here = rows.of(releaseFiles).filter(({ state }) => state === 'here')
      const good = Object.entries(race.state.context.files).filter(([, { isBad }]) => !isBad)
      expect({
        files: row?.files ?? 0,
        sizeBytes: row?.size_bytes ?? 0,
        here: here.map(({ file }) => file).toSorted(byName),
      }).toEqual({
        files: good.length,
        sizeBytes: good.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0),
        here: good.map(([file]) => file).toSorted(byName),
      })
    }),
    { numRuns: 300, seed: 20_261_121 },
  )
})

const byName = (one: string, other: string): number => (one < other ? -1 : 1)
