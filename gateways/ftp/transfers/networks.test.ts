import { expect, test } from 'vitest'

import { addressFor, isInNetwork } from '#gateways/ftp/transfers/networks.ts'

test.each([
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['::ffff:10.1.2.3', '10.0.0.0/8', true],
  ['10.1.2.3', '10.1.2.3', true],
  ['10.1.2.4', '10.1.2.3', false],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['10.1.2.3', '::/0', false],
  ['10.1.2.3', '0.0.0.0/0', true],
  ['nonsense', '0.0.0.0/0', false],
])('%s in %s: %s', (address, network, isIn) => {
  expect(isInNetwork(address, network)).toBe(isIn)
})

test('the first network that fits counts', () => {
  const addresses = [
    { network: '10.0.0.0/24', address: '192.0.2.1' },
    { network: '10.0.0.0/8', address: '192.0.2.2' },
  ]
  expect(addressFor('10.0.0.9', addresses)).toBe('192.0.2.1')
  expect(addressFor('10.9.0.9', addresses)).toBe('192.0.2.2')
  expect(addressFor('11.0.0.9', addresses)).toBeUndefined()
})
