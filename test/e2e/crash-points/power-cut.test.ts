import { describe, expect, it } from 'vitest'

import { type PowerCut, simulatePowerCuts } from '#test/e2e/crash-points/power-cuts.ts'
import { isMissing } from '#test/e2e/programs.ts'

/** A number that decides when the power fails, printed so that a failure can be repeated. */
const seed = Number(process.env['TEST_SEED'] ?? 0) || Math.floor(Math.random() * 2 ** 31)
const CUTS = 6

const harmed = (cuts: readonly PowerCut[]) =>
  cuts.filter(({ lost, damage }) => lost > 0 || damage !== undefined)

describe.skipIf(isMissing('strace'))(`power cuts (TEST_SEED=${seed})`, () => {
  it('take nothing that was acknowledged, whatever becomes of unflushed bytes', async () => {
    const unflushed = ['lost', 'torn', 'kept'] as const
    const cuts = await simulatePowerCuts({ durability: 'fsync', unflushed, cuts: CUTS, seed })
    expect(cuts.length).toBe(CUTS * unflushed.length)
    expect(harmed(cuts)).toEqual([])
    expect(cuts.every(({ acknowledged }) => acknowledged > 0)).toBe(true)
  })

  // That the test above bites: with the flush switched off, the same check fails.
  it('take what was acknowledged without the flush', async () => {
    const unflushed = ['lost', 'torn', 'kept'] as const
    const cuts = await simulatePowerCuts({ durability: 'commit', unflushed, cuts: CUTS, seed })
    const harmedOf = (kind: PowerCut['unflushed']) =>
      harmed(cuts.filter((cut) => cut.unflushed === kind)).length
    expect(harmedOf('lost')).toBeGreaterThan(0)
    expect(harmedOf('torn')).toBeGreaterThan(0)
    // A SIGKILL alone loses nothing: it is no proof of the flush.
    expect(harmedOf('kept')).toBe(0)
  })
})
