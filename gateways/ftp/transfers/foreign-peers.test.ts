import { describe, expect, test } from 'vitest'

import {
  FXP_POLICIES,
  isReachableFor,
  mayBeForeign,
  narrowed,
} from '#gateways/ftp/transfers/foreign-peers.ts'

test.each([
  ['none', []],
  ['download', ['download']],
  ['upload', ['upload']],
  ['both', ['upload', 'download']],
] as const)('%s allows %j', (policy, allowed) => {
  expect(FXP_POLICIES).toContain(policy)
  const directions = ['upload', 'download', 'listing'] as const
  expect(directions.filter((each) => mayBeForeign(policy, each))).toEqual(allowed)
})

const WAYS = ['upload', 'download'] as const

test.each(FXP_POLICIES)('where the site says %s, nobody has more than that', (policy) => {
  for (const upload of [true, false]) {
    for (const download of [true, false]) {
      const may = { upload, download }
      const own = narrowed(policy, may)
      for (const way of WAYS) {
        expect(mayBeForeign(own, way)).toBe(may[way] && mayBeForeign(policy, way))
      }
      expect(mayBeForeign(own, 'listing')).toBe(false)
    }
  }
})

describe('a client reaches', () => {
  test.each([
    ['198.51.100.7', '203.0.113.9', false],
    ['8.8.8.8', '9.9.9.9', true],
    ['8.8.8.8', '2600::1', true],
    ['8.8.8.8', '8.8.8.8', true],
    ['8.8.8.8', '127.0.0.1', false],
    ['8.8.8.8', '::1', false],
    ['8.8.8.8', '::ffff:127.0.0.1', false],
    ['8.8.8.8', '10.0.0.1', false],
    ['8.8.8.8', '169.254.169.254', false],
    ['8.8.8.8', '0.0.0.0', false],
    ['8.8.8.8', '255.255.255.255', false],
    ['8.8.8.8', '224.0.0.1', false],
    ['8.8.8.8', 'fe80::1', false],
    ['8.8.8.8', '64:ff9b::7f00:1', false],
    ['10.0.0.1', '192.168.0.1', true],
    ['10.0.0.1', '127.0.0.1', false],
    ['127.0.0.1', '127.0.0.2', true],
    ['127.0.0.1', '10.0.0.1', false],
    ['fd00::1', 'fd00::2', true],
    ['169.254.0.1', '169.254.0.2', false],
    ['8.8.8.8', 'nonsense', false],
  ])('from %s to %s: %s', (client, target, reaches) => {
    expect(isReachableFor(client, target)).toBe(reaches)
  })
})
