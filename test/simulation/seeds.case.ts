import { describe, expect, it } from 'vitest'

import { simulate } from '#test/simulation/simulate.ts'

/** `TEST_SEED` moves the first; a run that failed is the first then. */
const FIRST = Number(process.env['TEST_SEED'] ?? 0) || 1
const SEEDS = 1_000
const A_TEST = 50

/**
 * Every `workers`-th of the seeds, from the `worker`-th on. Each seed is a run of a whole site with
 * its own troubles; its history must be without fault.
 */
export function seedsSuite(worker: number, workers: number): void {
  const seeds = Array.from({ length: SEEDS / workers }, (_, n) => FIRST + worker + n * workers)
  describe(`a site in trouble (TEST_SEED=${FIRST}, part ${worker + 1} of ${workers})`, () => {
    for (let from = 0; from < seeds.length; from += A_TEST) {
      const some = seeds.slice(from, from + A_TEST)
      it(`seeds ${some[0]} to ${some.at(-1)}`, { timeout: 120_000 }, async () => {
        for (const seed of some) expect(await wrongWith(seed)).toEqual([])
      })
    }
  })
}

/** What is wrong, with the way to see it again. */
async function wrongWith(seed: number): Promise<readonly unknown[]> {
  try {
    const { violations } = await simulate({ seed })
    return violations.length > 0 ? [replay(seed), ...violations] : []
  } catch (cause) {
    throw new Error(replay(seed), { cause })
  }
}

const replay = (seed: number) =>
  `seed ${seed} went wrong: node test/simulation/run.ts ${seed} --trace`
