import fc from 'fast-check'
import { expect, test } from 'vitest'

import { createLineReader, type ReadLine } from '#gateways/irc/line-reader.ts'

const line = (text: string): ReadLine => ({ kind: 'line', text })
const tooLong: ReadLine = { kind: 'too-long' }

const CASES: readonly (readonly [string, string | Buffer, readonly ReadLine[]])[] = [
  ['CR LF', 'PING a\r\nPING b\r\n', [line('PING a'), line('PING b')]],
  ['LF alone', 'PING a\nPING b\n', [line('PING a'), line('PING b')]],
  ['empty lines', '\r\n\n  \r\nPING\r\n', [line('PING')]],
  ['CR and NUL inside', 'PI\0NG\r a\r\n', [line('PING a')]],
  ['510 bytes', `${'x'.repeat(510)}\r\n`, [line('x'.repeat(510))]],
  ['511 bytes', `${'x'.repeat(511)}\r\nPING\r\n`, [tooLong, line('PING')]],
  ['tags apart', `@a=${'x'.repeat(8187)} PING\r\n`, [line(`@a=${'x'.repeat(8187)} PING`)]],
  ['tags too long', `@a=${'x'.repeat(8188)} PING\r\nX\r\n`, [tooLong, line('X')]],
  ['tags and no command', `@${'x'.repeat(8600)}\r\nX\r\n`, [tooLong, line('X')]],
  ['much too long', `${'x'.repeat(100_000)}\r\nPING\r\n`, [tooLong, line('PING')]],
  [
    'no UTF-8',
    Buffer.from('privmsg #site :\xff\r\n\xff\xfe\r\nX\r\n', 'latin1'),
    [
      { kind: 'invalid-utf8', command: 'PRIVMSG' },
      { kind: 'invalid-utf8', command: '*' },
      line('X'),
    ],
  ],
  ['no line end', 'PING', []],
]

test.each(CASES)('reads %s', (_, bytes, expected) => {
  expect(createLineReader().push(Buffer.from(bytes))).toEqual(expected)
})

test.each(CASES)('reads %s the same in whatever pieces it comes', (_, bytes, expected) => {
  const whole = Buffer.from(bytes)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 8 }), (cuts) => {
      const reader = createLineReader()
      const edges = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
      const lines = edges
        .slice(1)
        .flatMap((to, index) => reader.push(whole.subarray(edges[index], to)))
      expect(lines).toEqual(expected)
    }),
    { numRuns: 50 },
  )
})

test('any bytes are read without harm', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 2_000 }), { maxLength: 20 }), (pieces) => {
      const reader = createLineReader()
      for (const piece of pieces) reader.push(Buffer.from(piece))
      const rest = reader.push(Buffer.from('\nPING\n'))
      expect(rest.at(-1)).toEqual(line('PING'))
    }),
  )
})
