import { expect, test } from 'vitest'

import { Admission } from '#gateways/kernel/admission.ts'
import { createConnectionRate } from '#gateways/kernel/connection-rate.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

const LIMITS = { burst: 3, perMinute: 2 }

function opened(rate: ReturnType<typeof createConnectionRate>, ...addresses: readonly string[]) {
  return addresses.map((address) => rate.admits(address))
}

test('an address opens its burst, then as fast as it fills', () => {
  const clock = createManualClock()
  const rate = createConnectionRate(clock, LIMITS)
  const four = Array.from({ length: 4 }, () => '192.0.2.1')
  expect(opened(rate, ...four)).toEqual([true, true, true, false])
  expect(rate.admits('192.0.2.2')).toBe(true)
  clock.advance(30_000)
  expect(opened(rate, '192.0.2.1', '192.0.2.1')).toEqual([true, false])
})

test('addresses of one IPv6 network, and both ways to write an IPv4 one, count together', () => {
  const rate = createConnectionRate(createManualClock(), LIMITS)
  const network = ['2001:db8::1', '2001:db8::2:3', '2001:0db8:0000:0000:ffff::9', '2001:db8::4']
  expect(opened(rate, ...network, '2001:db8:0:1::1')).toEqual([true, true, true, false, true])
  const mapped = ['192.0.2.1', '::ffff:192.0.2.1', '0000:0000:0000:0000:0000:ffff:c000:0201']
  expect(opened(rate, ...mapped, '192.0.2.1')).toEqual([true, true, true, false])
})

test('this machine is not held back unless it is asked for', () => {
  const own = ['127.0.0.1', '127.0.0.1', '::1', '::ffff:127.0.0.1']
  const exempt = createConnectionRate(createManualClock(), { ...LIMITS, burst: 1 })
  expect(opened(exempt, ...own)).toEqual([true, true, true, true])
  const limits = { ...LIMITS, burst: 1, isLoopbackExempt: false }
  const strict = createConnectionRate(createManualClock(), limits)
  expect(opened(strict, ...own)).toEqual([true, false, true, false])
})

test('admission refuses who comes too fast, even while there is room', () => {
  const rate = createConnectionRate(createManualClock(), { burst: 2, perMinute: 1 })
  const roomy = { connections: 100, connectionsPerAddress: 100, unregistered: 100 }
  const admission = new Admission(roomy, rate)
  const kinds = [1, 2, 3].map(() => admission.judge('192.0.2.1').kind)
  expect(kinds).toEqual(['admit', 'admit', 'refuse'])
})
