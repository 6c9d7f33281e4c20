import { expect, it } from 'vitest'

import { createClientAddress } from '#gateways/http/client-address.ts'

const TRUSTED = ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32']

it.each([
  ['a stranger says who they are', '192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ['a proxy asks for a client', '127.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['through two proxies', '127.0.0.1', '192.0.2.1, 10.1.2.3', '192.0.2.1'],
  ['the client has added words of its own', '127.0.0.1', '8.8.8.8, 192.0.2.1', '192.0.2.1'],
  ['the client calls itself a proxy', '127.0.0.1', '10.9.9.9, 192.0.2.1', '192.0.2.1'],
  ['only proxies asked', '127.0.0.1', '10.1.2.3', '10.1.2.3'],
  ['a proxy itself asks', '10.1.2.3', '', '10.1.2.3'],
  ['no address', '127.0.0.1', 'unknown', '127.0.0.1'],
  ['no address in between', '127.0.0.1', '8.8.8.8, x, 10.1.2.3', '10.1.2.3'],
  ['IPv6', '2001:db8::1', '2001:db9::5', '2001:db9::5'],
  ['mapped IPv4', '::ffff:127.0.0.1', '::ffff:192.0.2.1', '192.0.2.1'],
  ['a hundred of them', '127.0.0.1', Array(100).fill('10.1.1.1').join(','), '10.1.1.1'],
])('%s: %s, "%s" is %s', (_, peer, forwardedFor, client) => {
  expect(createClientAddress(TRUSTED)(peer, forwardedFor)).toBe(client)
})

it('believes nobody by default', () => {
  expect(createClientAddress([])('127.0.0.1', '192.0.2.1')).toBe('127.0.0.1')
})
