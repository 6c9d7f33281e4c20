import { expect, it } from 'vitest'

import { createBandwidth } from '#gateways/ftp/transfers/bandwidth.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

it('counts the five seconds that lie behind, each way for itself', () => {
  const clock = createManualClock()
  const bandwidth = createBandwidth(clock)
  bandwidth.moved('up', 5_000)
  bandwidth.moved('down', 500)
  expect(bandwidth.rate('up')).toBe(0)
  clock.advance(1_000)
  expect([bandwidth.rate('up'), bandwidth.rate('down')]).toEqual([1_000, 100])
  bandwidth.moved('up', 10_000)
  clock.advance(1_000)
  expect(bandwidth.rate('up')).toBe(3_000)
  clock.advance(4_000)
  expect(bandwidth.rate('up')).toBe(2_000)
  clock.advance(1_000)
  expect(bandwidth.rate('up')).toBe(0)
  clock.advance(1_000_000)
  bandwidth.moved('down', 50)
  clock.advance(1_000)
  expect(bandwidth.rate('down')).toBe(10)
})
