import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createLineDecoder, encodeReply, LINE_BYTES, quotePath } from '#gateways/ftp/codec.ts'

const command = (verb: string, argument = '') => ({ kind: 'command', verb, argument })

const cases: [what: string, bytes: Buffer, lines: object[]][] = [
  ['a verb', Buffer.from('NOOP\r\n'), [command('NOOP')]],
  ['a verb in lower case', Buffer.from('noop\r\n'), [command('NOOP')]],
  ['an argument with spaces at both ends', Buffer.from('CWD  a b \r\n'), [command('CWD', ' a b ')]],
  ['a bare line feed', Buffer.from('PWD\nSYST\n'), [command('PWD'), command('SYST')]],
  ['an empty line', Buffer.from('\r\n'), [command('')]],
  ['UTF-8', Buffer.from('CWD žir\r\n'), [command('CWD', 'žir')]],
  ['bytes that are not UTF-8', Buffer.from([0x43, 0xe9, 0x0a]), [{ kind: 'garbage' }]],
  ['NUL', Buffer.from('CWD a\0b\r\n'), [command('CWD', 'a\0b')]],
  [
    'IAC IP IAC DM',
    Buffer.from([255, 244, 255, 242, ...Buffer.from('ABOR\r\n')]),
    [command('ABOR')],
  ],
  ['IP IAC DM', Buffer.from([244, 255, 242, ...Buffer.from('ABOR\r\n')]), [command('ABOR')]],
  ['IAC IP IAC', Buffer.from([255, 244, 255, ...Buffer.from('ABOR\r\n')]), [command('ABOR')]],
  ['DM alone', Buffer.from([242, ...Buffer.from('ABOR\r\n')]), [command('ABOR')]],
  ['ABOR whose line feed was urgent', Buffer.from('ABOR\r'), [command('ABOR')]],
  [
    'ABOR whose line feed was urgent, then another',
    Buffer.from('ABOR\rNOOP\r\n'),
    [command('ABOR'), command('NOOP')],
  ],
  ['IAC WILL ECHO', Buffer.from([255, 251, 1, ...Buffer.from('NOOP\r\n')]), [command('NOOP')]],
  [
    'a character that begins like IP',
    Buffer.from('CWD \u{100000}\r\n'),
    [command('CWD', '\u{100000}')],
  ],
  [
    'a line that is too long, then a good one',
    Buffer.from(`CWD ${'x'.repeat(LINE_BYTES)}\r\nNOOP\r\n`),
    [{ kind: 'too-long' }, command('NOOP')],
  ],
  [
    'an ABOR whose line feed the system took, before other bytes',
    Buffer.from('ABOR\r\0NOOP\r\n'),
    [command('ABOR'), command('\0NOOP')],
  ],
]

describe('the decoder', () => {
  test.each(cases)('reads %s', (_what, bytes, lines) => {
    expect(createLineDecoder().push(bytes)).toEqual(lines)
  })

  test.each(cases)('reads %s, byte by byte', (_what, bytes, lines) => {
    const decoder = createLineDecoder()
    expect([...bytes].flatMap((byte) => decoder.push(Buffer.of(byte)))).toEqual(lines)
  })

  test('gives the same lines however the bytes are cut', () => {
    const seeds = cases.map(([, bytes]) => bytes)
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(...seeds),
    )
    fc.assert(
      fc.property(fc.array(chunk), fc.integer({ min: 1, max: 700 }), (chunks, size) => {
        const all = Buffer.concat(chunks)
        const decoder = createLineDecoder()
        const lines = []
        for (let at = 0; at < all.length; at += size)
          lines.push(...decoder.push(all.subarray(at, at + size)))
        expect(lines).toEqual(createLineDecoder().push(all))
      }),
    )
  })
})

describe('a reply', () => {
  test.each([
    [{ code: 200, lines: ['Fine.'] }, '200 Fine.\r\n'],
    [{ code: 211, lines: ['A', ' b', '211 c', 'End'] }, '211-A\r\n b\r\n 211 c\r\n211 End\r\n'],
    [{ code: 550, lines: ['a\r\n230 Logged in'] }, '550 a 230 Logged in\r\n'],
  ])('%j', (reply, text) => {
    expect(encodeReply(reply).toString()).toBe(text)
  })

  test('doubles the quotes of a path', () => {
    expect(quotePath('/a"b')).toBe('"/a""b"')
  })
})
