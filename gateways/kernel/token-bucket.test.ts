import { expect, test } from 'vitest'

import { createTokenBucket } from '#gateways/kernel/token-bucket.ts'

test('gives its burst at once, then as fast as it fills', () => {
  let now = 1_000
  const clock = { now: () => now, after: () => () => {} }
  const bucket = createTokenBucket(clock, { burst: 3, perSecond: 2 })
  expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 0, 500])
  now += 499
  expect(bucket.take()).toBe(1)
  now += 1
  expect(bucket.take()).toBe(0)
  now -= 60_000
  expect(bucket.take(2)).toBe(1_000)
  now += 3_600_000
  expect([bucket.take(3), bucket.take()]).toEqual([0, 500])
  expect(bucket.take(0)).toBe(0)
})
