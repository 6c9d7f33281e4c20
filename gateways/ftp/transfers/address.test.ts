import { describe, expect, test } from 'vitest'

import {
  formatPort,
  isSameAddress,
  parseExtendedPort,
  parsePort,
} from '#gateways/ftp/transfers/address.ts'

describe('addresses', () => {
  test.each([
    ['127.0.0.1', '::ffff:127.0.0.1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['fe80::1%eth0', 'FE80::1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['::1', '127.0.0.1', false],
    ['nonsense', '127.0.0.1', false],
  ])('%s and %s: %s', (a, b, isSame) => {
    expect(isSameAddress(a, b)).toBe(isSame)
  })

  test.each([
    ['127,0,0,1,4,1', { address: '127.0.0.1', port: 1_025 }],
    ['127,0,0,1,4', undefined],
    ['127,0,0,1,4,256', undefined],
    ['127,0,0,1,4,-1', undefined],
    ['127,0,0,1,0x4,1', undefined],
  ])('PORT %s', (argument, expected) => {
    expect(parsePort(argument)).toEqual(expected)
    if (expected) expect(formatPort(expected)).toBe(argument)
  })

  test.each([
    ['|1|127.0.0.1|5000|', { address: '127.0.0.1', port: 5_000 }],
    ['!2!::1!5000!', { address: '::1', port: 5_000 }],
    ['|3|x|5000|', 'other-family'],
    ['|1|::1|5000|', undefined],
    ['|1|127.0.0.1|70000|', undefined],
    ['|1|127.0.0.1|5000', undefined],
    ['', undefined],
  ])('EPRT %s', (argument, expected) => {
    expect(parseExtendedPort(argument)).toEqual(expected)
  })
})
