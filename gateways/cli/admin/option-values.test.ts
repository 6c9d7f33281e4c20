import { describe, expect, it } from 'vitest'

import { table } from '#gateways/cli/admin/columns.ts'
import {
  bytesOf,
  hoursOf,
  momentOf,
  NOTHING,
  orNone,
  present,
  secondsOf,
} from '#gateways/cli/admin/option-values.ts'

describe('what is written after an option', () => {
  it.each<[(text: string) => unknown, string, unknown]>([
    [bytesOf, '0', 0],
    [bytesOf, '1500', 1500],
    [bytesOf, '64K', 65_536],
    [bytesOf, '64KiB', 65_536],
    [bytesOf, '10g', 10 * 2 ** 30],
    [bytesOf, '2T', 2 ** 41],
    [secondsOf, '90s', 90],
    [secondsOf, '7d', 604_800],
    [hoursOf, '22-6', { from_hour: 22, to_hour: 6 }],
    [momentOf, '2027-01-31', '2027-01-31T00:00:00.000Z'],
    [momentOf, '2027-01-31T18:00:00+02:00', '2027-01-31T16:00:00.000Z'],
    [orNone(bytesOf), 'none', NOTHING],
    [orNone(bytesOf), '1K', 1024],
  ])('%o of %s', (parse, text, expected) => {
    expect(parse(text)).toEqual(expected)
  })

  it.each<[(text: string) => unknown, string]>([
    [bytesOf, ''],
    [bytesOf, '-1'],
    [bytesOf, '1.5G'],
    [bytesOf, '999999999999999T'],
    [secondsOf, '7'],
    [secondsOf, '1y'],
    [hoursOf, '8-24'],
    [hoursOf, '8'],
    [momentOf, 'tomorrow'],
    [momentOf, '2027-13-01'],
    [momentOf, '1'],
  ])('%o refuses %o', (parse, text) => {
    expect(() => parse(text)).toThrow(/^it is no /)
  })

  it('is null where it takes something away, and left out where it is not given', () => {
    expect(present({ a: NOTHING, b: undefined, c: 0 })).toEqual({ a: null, c: 0 })
  })
})

describe('a table', () => {
  it('has names above, numbers to the right, and nothing that steers a terminal', () => {
    const rows = [
      { name: 'ann', bytes: 5, tagline: '\u001b[31mred\u202e' },
      { name: 'bartholomew', bytes: 1_000, tagline: '' },
    ]
    const lines = table(rows, [
      { title: 'name', of: ({ name }) => name },
      { title: 'size, bytes', of: ({ bytes }) => bytes },
      { title: 'tagline', of: ({ tagline }) => tagline },
    ])
    expect(lines).toEqual([
      'name         size, bytes  tagline',
      'ann                    5  ?[31mred?',
      'bartholomew         1000  -',
    ])
  })
})
