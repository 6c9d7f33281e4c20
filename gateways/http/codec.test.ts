import { expect, test } from 'vitest'

import { isLoopback } from '#gateways/http/codec.ts'

const ADDRESSES: readonly (readonly [string, boolean])[] = [
  ['7f000001', true],
  ['7fffffff', true],
  ['0a000001', false],
  ['00000000000000000000000000000001', true],
  ['00000000000000000000ffff7f000001', true],
  ['00000000000000000000ffffc0a80001', false],
  ['20010db8000000000000000000000001', false],
  ['', false],
]

test.each(ADDRESSES)('%s is this machine: %s', (hex, expected) => {
  expect(isLoopback(Buffer.from(hex, 'hex'))).toBe(expected)
})
