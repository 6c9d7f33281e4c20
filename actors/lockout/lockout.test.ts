import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createStory } from '#actors/kernel/actor-story.fixture.ts'
import { lockoutActor } from '#actors/lockout/lockout.actor.ts'
import { LOCKOUT_LIMITS } from '#actors/lockout/lockout.commands.ts'

const MINUTE_MS = 60_000
const fail = {
  type: 'lockout.fail',
  gateway: 'ftp',
  remote: null,
  failuresMax: 5,
  windowMs: 15 * MINUTE_MS,
} as const
const clear = { type: 'lockout.clear', reason: 'login' } as const

describe('lockout', () => {
  it('locks at the fifth failure within the window, for the window', () => {
    const story = createStory(lockoutActor)
    for (let n = 0; n < 4; n++) {
      expect(story.types(fail)).toEqual(['failed'])
      story.env.now += MINUTE_MS
    }
    const until = story.env.now + fail.windowMs
    expect(story.tell(fail)).toEqual([
      { type: 'lockout.failed', data: { gateway: 'ftp', remote: null } },
      { type: 'lockout.locked', data: { until, failures: 5 } },
    ])
    story.env.now += MINUTE_MS
    expect(story.refusal(fail)).toMatchObject({
      code: 'locked-out',
      fields: { retryAfterMs: 14 * MINUTE_MS },
    })
    story.env.now = until - 1
    expect(story.types(fail)).toBe('locked-out')
    story.env.now = until
    expect(story.types(fail)).toEqual(['failed'])
  })

  it('does not count what is older than the window', () => {
    const story = createStory(lockoutActor)
    for (let n = 0; n < 30; n++) {
      expect(story.types(fail)).toEqual(['failed'])
      story.env.now += 4 * MINUTE_MS
    }
    expect(story.context.failuresAtMs).toHaveLength(LOCKOUT_LIMITS.failures)
  })

  it('forgets the failures when it is cleared, and says so only when there are any', () => {
    const story = createStory(lockoutActor)
    expect(story.types(clear)).toEqual([])
    for (let n = 0; n < 5; n++) story.tell(fail)
    expect(story.types(fail)).toBe('locked-out')
    expect(story.types(clear)).toEqual(['cleared'])
    expect(story.types(clear)).toEqual([])
    expect(story.types(fail)).toEqual(['failed'])
  })

  it('takes no more than the limit in any window, however they come', () => {
    const pauses = fc.array(fc.nat(6 * MINUTE_MS), { minLength: 10, maxLength: 100 })
    fc.assert(
      fc.property(pauses, fc.integer({ min: 1, max: 6 }), (steps, failuresMax) => {
        const story = createStory(lockoutActor)
        const taken: number[] = []
        for (const pause of steps) {
          story.env.now += pause
          if (Array.isArray(story.tell({ ...fail, failuresMax }))) taken.push(story.env.now)
        }
        for (const from of taken) {
          const within = taken.filter((at) => at >= from && at < from + fail.windowMs)
          expect(within.length).toBeLessThanOrEqual(failuresMax)
        }
        const live = structuredClone(story.context)
        expect(story.replayed().context).toEqual(live)
      }),
      { numRuns: 200 },
    )
  })
})
