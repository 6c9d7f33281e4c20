import { describe, expect, it } from 'vitest'

import { type Demand, type Meter, takeFrom } from '#gateways/kernel/rate-limits/meter.ts'

/** A meter on a clock that the test moves. */
function create(quota: Demand['quota']) {
  let meter: Meter | undefined
  let now = 1_700_000_000_000
  return {
    pass: (ms: number) => void (now += ms),
    take(tokens = 1, maxWaitMs = 0) {
      const taken = takeFrom(meter, { quota, tokens, maxWaitMs, now })
      meter = taken.meter
      return taken.verdict
    },
    widen: (wider: Demand['quota']) => void (quota = wider),
  }
}

const QUOTA = { limit: 3, windowMs: 6_000 }

describe('a meter', () => {
  it('gives the quota at once, then as it comes back', () => {
    const meter = create(QUOTA)
    const remaining = [meter.take(), meter.take(), meter.take()].map((each) => each.remaining)
    expect(remaining).toEqual([2, 1, 0])
    const refused = { isAllowed: false, limit: 3, remaining: 0, waitMs: 0 }
    expect(meter.take()).toMatchObject({ ...refused, resetMs: 6_000, retryAfterMs: 2_000 })
    meter.pass(1_999)
    expect(meter.take()).toMatchObject({ ...refused, resetMs: 4_001, retryAfterMs: 1 })
    meter.pass(1)
    expect(meter.take()).toMatchObject({ isAllowed: true, remaining: 0, retryAfterMs: 0 })
    meter.pass(60_000)
    expect(meter.take()).toMatchObject({ isAllowed: true, remaining: 2, resetMs: 2_000 })
  })

  it('gives in advance to who would rather wait', () => {
    const meter = create(QUOTA)
    meter.take(3)
    expect(meter.take(1, 2_000)).toMatchObject({ isAllowed: true, waitMs: 2_000, remaining: 0 })
    expect(meter.take(1, 2_000)).toMatchObject({ isAllowed: false, retryAfterMs: 4_000 })
    meter.pass(2_000)
    expect(meter.take(1, 2_000)).toMatchObject({ isAllowed: true, waitMs: 2_000 })
  })

  it('counts more tokens than the quota has as the whole quota', () => {
    const meter = create(QUOTA)
    expect(meter.take(10)).toMatchObject({ isAllowed: true, remaining: 0 })
    expect(meter.take(10)).toMatchObject({ isAllowed: false, retryAfterMs: 6_000 })
  })

  it('keeps its share of a quota that changes', () => {
    const meter = create({ limit: 10, windowMs: 10_000 })
    meter.take(4)
    meter.widen({ limit: 100, windowMs: 10_000 })
    expect(meter.take(10).remaining).toBe(50)
    meter.widen({ limit: 2, windowMs: 10_000 })
    expect(meter.take()).toMatchObject({ isAllowed: true, remaining: 0 })
  })

  it('gives a quota of parts whole: 600 of 600, 7 of 7', () => {
    for (const limit of [600, 7, 1.5, 59.9]) {
      const meter = create({ limit, windowMs: 60_000 })
      const given = Array.from({ length: 700 }, () => meter.take().isAllowed).filter(Boolean)
      expect(given).toHaveLength(Math.floor(limit))
    }
  })

  it('lets nobody wait for a clock that was set back', () => {
    const meter = create(QUOTA)
    meter.take(3)
    meter.pass(-3_600_000)
    expect(meter.take()).toMatchObject({ isAllowed: false, retryAfterMs: 2_000 })
    meter.pass(2_000)
    expect(meter.take().isAllowed).toBe(true)
  })

  it('gives nothing twice to processes whose clocks differ by seconds', () => {
    const meter = create({ limit: 60, windowMs: 60_000 })
    let given = 0
    for (let each = 0; each < 1_000; each++) {
      // The clock of the one is 3 s ahead of the other's; all of it lasts a second.
      meter.pass(each % 2 === 0 ? 3_001 : -3_000)
      if (meter.take().isAllowed) given++
    }
    expect(given).toBeLessThanOrEqual(60 + 3 + 1)
  })
})
