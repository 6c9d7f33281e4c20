import { describe, expect, it } from 'vitest'

import { isMask, matchesMasks } from '#gateways/members/masks.ts'
import { networkOf, remoteOf } from '#gateways/members/network.ts'

describe('masks', () => {
  const cases: [masks: string[], ident: string, address: string, isLetIn: boolean][] = [
    [[], '', '192.0.2.1', true],
    [['*@192.0.2.1'], '', '192.0.2.1', true],
    [['*@192.0.2.1'], '', '192.0.2.11', false],
    [['*@192.0.2.*'], '', '192.0.2.11', true],
    [['*@192.0.2.?'], '', '192.0.2.11', false],
    [['*@*'], '', '2001:db8::1', true],
    [['*@192.0.2.0/24'], '', '192.0.2.255', true],
    [['*@192.0.2.0/24'], '', '192.0.3.0', false],
    [['*@192.0.2.0/24'], '', '::1', false],
    [['*@2001:db8::/32'], '', '2001:db8:1::1', true],
    [['*@2001:DB8::*'], '', '2001:db8::1', true],
    [['bob@192.0.2.1'], 'bob', '192.0.2.1', true],
    [['bob@192.0.2.1'], 'BOB', '192.0.2.1', true],
    [['bob@192.0.2.1'], '', '192.0.2.1', false],
    [['b?b@192.0.2.1'], 'bab', '192.0.2.1', true],
    [['bob@192.0.2.1', '*@198.51.100.7'], '', '198.51.100.7', true],
    [['!*@192.0.2.1'], '', '192.0.2.1', false],
    [['!*@192.0.2.1'], '', '192.0.2.2', true],
    [['*@192.0.2.*', '!*@192.0.2.66'], '', '192.0.2.66', false],
    [['*@192.0.2.*', '!*@192.0.2.66'], '', '192.0.2.67', true],
    [['!*@192.0.2.66', '*@192.0.2.*'], '', '192.0.2.66', false],
    [['!eve@*', '*@*'], 'eve', '192.0.2.1', false],
  ]
  it.each(cases)('%j let %s@%s in: %s', (masks, ident, address, isLetIn) => {
    expect(matchesMasks(masks, ident, address)).toBe(isLetIn)
  })

  it.each([
    ['*@192.0.2.1', true],
    ['!bob@192.0.2.*', true],
    ['~bob@2001:db8::/32', true],
    ['*@192.0.2.0/33', false],
    ['*@192.0.2.999/24', false],
    ['192.0.2.1', false],
    ['@192.0.2.1', false],
    ['*@', false],
    ['*@host.example', false],
    ['!!*@*', false],
    ['a b@*', false],
    [`${'a'.repeat(33)}@*`, false],
    ['*@*\n*@*', false],
  ])('%j is a mask: %s', (text, isOne) => {
    expect(isMask(text)).toBe(isOne)
  })
})

describe('one network', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s is of %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it('has brackets around IPv6 before the port', () => {
    expect(remoteOf({ address: '::1', port: 21 })).toBe('[::1]:21')
    expect(remoteOf({ address: '192.0.2.1' })).toBe('192.0.2.1:0')
  })
})
