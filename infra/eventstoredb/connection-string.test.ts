import { describe, expect, it } from 'vitest'

import { parseConnectionString } from '#infra/eventstoredb/connection-string.ts'

const plain = {
  isDiscovered: false,
  isTls: true,
  verifiesCertificate: true,
  numbers: {},
}

describe('a connection string', () => {
  it.each([
    ['esdb://localhost', { ...plain, hosts: [{ address: 'localhost', port: 2113 }] }],
    ['kurrentdb://a:1/', { ...plain, hosts: [{ address: 'a', port: 1 }] }],
    ['esdb://[::1]:2114', { ...plain, hosts: [{ address: '[::1]', port: 2114 }] }],
    [
      'esdb+discover://cluster.example?tls=false',
      {
        ...plain,
        hosts: [{ address: 'cluster.example', port: 2113 }],
        isDiscovered: true,
        isTls: false,
      },
    ],
    [
      'esdb://us%40er:p:a%2Fs@s@a,b:2114?tlsVerifyCert=false&TlsCaFile=%2Fca.pem',
      {
        ...plain,
        hosts: [
          { address: 'a', port: 2113 },
          { address: 'b', port: 2114 },
        ],
        credentials: { username: 'us@er', password: 'p:a/s@s' },
        verifiesCertificate: false,
        caFile: '/ca.pem',
      },
    ],
    [
      'esdb://a?keepAliveInterval=-1&gossipTimeout=2&connectionName=x%20y&nodePreference=Leader',
      {
        ...plain,
        hosts: [{ address: 'a', port: 2113 }],
        numbers: { keepAliveInterval: -1, gossipTimeout: 2 },
        connectionName: 'x y',
      },
    ],
  ])('%s', (url, expected) => {
    expect(parseConnectionString(url)).toEqual(expected)
  })

  it.each([
    ['http://localhost', /not an EventStoreDB connection string/],
    ['esdb://', /not an EventStoreDB connection string/],
    ['esdb://a:99999', /is no host/],
    ['esdb://a,', /is no host/],
    ['esdb://a?tls=yes', /tls is true or false/],
    ['esdb://a?tlsVerifyCrt=false', /unknown option tlsVerifyCrt/],
    ['esdb://a?gossipTimeout=soon', /gossipTimeout is no whole number/],
    ['esdb://a?nodePreference=follower', /only be leader/],
  ])('refuses %s', (url, words) => {
    expect(() => parseConnectionString(url)).toThrow(words)
  })

  it('keeps the password out of its complaints', () => {
    const complaint = () => parseConnectionString('esdb://root:secret@a?tls=no&x')
    expect(complaint).toThrow(/unknown option x/)
    expect(complaint).not.toThrow(/secret/)
  })
})
