import { expect, test } from 'vitest'

import { createPace } from '#gateways/site/transfers/pace.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

function paceOf(bytesPerSecond: number | null) {
  const clock = createManualClock()
  const pace = createPace(clock)
  pace.limit(bytesPerSecond)
  return { clock, pace }
}

test.each([
  [1_000, 1],
  [100_000, 1],
  [100_000, 3],
  [7_777, 2],
])('%i bytes a second are let through, by %i transfers together', (rate, transfers) => {
  const { clock, pace } = paceOf(rate)
  const startedAt = clock.now()
  const chunk = Math.min(pace.chunkBytes, 16_384)
  const freeAt = Array.from({ length: transfers }, () => startedAt)
  const perSecond = Array.from({ length: 10 }, () => 0)
  // Each transfer counts a chunk, waits, and has then moved it.
  for (;;) {
    const next = freeAt.indexOf(Math.min(...freeAt))
    if (freeAt[next]! >= startedAt + 10_000) break
    clock.advance(freeAt[next]! - clock.now())
    const second = Math.floor((clock.now() - startedAt) / 1_000)
    perSecond[second]! += chunk
    freeAt[next] = clock.now() + pace.take(chunk)
  }
  for (const bytes of perSecond) {
    expect(bytes).toBeGreaterThanOrEqual(rate - chunk * transfers)
    expect(bytes).toBeLessThanOrEqual(rate + chunk * transfers)
  }
  const total = perSecond.reduce((sum, bytes) => sum + bytes)
  expect(total).toBeGreaterThan(rate * 10 - chunk)
  expect(total).toBeLessThanOrEqual(rate * 10 + chunk * transfers)
})

test.each([null, 0])('a limit of %s is none', (limit) => {
  const { pace } = paceOf(limit)
  expect(pace.chunkBytes).toBe(Number.POSITIVE_INFINITY)
  expect(pace.take(2 ** 40)).toBe(0)
})

test('quiet times save up no more than what late timers have lost', () => {
  const { clock, pace } = paceOf(1_000)
  clock.advance(3_600_000)
  expect(pace.take(1_250)).toBe(1_000)
})

test('a new speed holds at once', () => {
  const { pace } = paceOf(1_000)
  expect(pace.take(1_000)).toBe(1_000)
  pace.limit(10_000)
  expect(pace.take(1_000)).toBe(1_100)
  pace.limit(null)
  expect(pace.take(1_000)).toBe(0)
})

test('a clock that is set back stops nothing', () => {
  let now = 1_000_000_000
  const pace = createPace({ now: () => now, after: () => () => {} })
  pace.limit(1_000)
  expect(pace.take(1_000)).toBe(1_000)
  now -= 3_600_000
  expect(pace.take(1_000)).toBe(2_000)
})
