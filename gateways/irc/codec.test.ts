import fc from 'fast-check'
import { expect, test } from 'vitest'

import {
  asOneLine,
  cutCharacters,
  decodeMessage,
  encodeMessage,
  foldCase,
  type IrcMessage,
  splitByBytes,
} from '#gateways/irc/codec.ts'

/** From the parser tests of modern.ircdocs.horse, and our own. */
const MESSAGES: readonly (readonly [string, IrcMessage])[] = [
  ['PING', { command: 'PING', params: [] }],
  ['FOO bar :baz qux', { command: 'FOO', params: ['bar', 'baz qux'] }],
  [':src FOO bar baz', { source: 'src', command: 'FOO', params: ['bar', 'baz'] }],
  ['FOO bar :', { command: 'FOO', params: ['bar', ''] }],
  ['FOO bar ::x', { command: 'FOO', params: ['bar', ':x'] }],
  ['PRIVMSG #site :x', { command: 'PRIVMSG', params: ['#site', 'x'] }],
  [
    '@a=b;c;d=\\:\\s\\\\\\r\\n :src FOO x',
    { tags: { a: 'b', c: '', d: '; \\\r\n' }, source: 'src', command: 'FOO', params: ['x'] },
  ],
]

test.each(MESSAGES)('%s is decoded and encoded', (line, message) => {
  expect(decodeMessage(line)).toEqual(message)
  expect(encodeMessage(message)).toBe(line)
})

const DECODED_ONLY: readonly (readonly [string, IrcMessage | undefined])[] = [
  ['privmsg  a   b  ', { command: 'PRIVMSG', params: ['a', 'b'] }],
  [':only', undefined],
  ['@tag', { command: '@TAG', params: [] }],
  ['@tag ', undefined],
  ['', undefined],
  ['   ', undefined],
  [':', undefined],
  ['@a=\\x\\ X', { tags: { a: 'x' }, command: 'X', params: [] }],
  ['@__proto__=1 X', { tags: JSON.parse('{"__proto__":"1"}'), command: 'X', params: [] }],
  [`X ${'y '.repeat(40)}`, { command: 'X', params: Array.from({ length: 15 }, () => 'y') }],
]

test.each(DECODED_ONLY)('%j is decoded', (line, message) => {
  const decoded = decodeMessage(line)
  if (message === undefined) expect(decoded).toBeUndefined()
  else expect({ ...decoded, ...(decoded?.tags && { tags: { ...decoded.tags } }) }).toEqual(message)
})

test('any text decodes or is no message', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (line) => {
      const decoded = decodeMessage(line)
      if (decoded) expect(decoded.params.length).toBeLessThanOrEqual(15)
    }),
  )
})

const word = fc.stringMatching(/^[^\0\r\n :][^\0\r\n ]{0,20}$/)

test('what is encoded decodes to the same', () => {
  const message = fc.record({
    command: fc.stringMatching(/^([A-Z]{1,10}|[0-9]{3})$/),
    params: fc
      .tuple(fc.array(word, { maxLength: 10 }), fc.stringMatching(/^[^\0\r\n]{0,40}$/))
      .map(([middle, last]) => [...middle, last]),
    source: word,
    tags: fc.dictionary(
      fc.stringMatching(/^\+?[a-z0-9/.-]{1,10}$/),
      fc.stringMatching(/^[^\0]*$/),
      {
        minKeys: 1,
        maxKeys: 5,
      },
    ),
  })
  fc.assert(
    fc.property(message, (original) => {
      const decoded = decodeMessage(encodeMessage(original))!
      expect({ ...decoded, tags: { ...decoded.tags } }).toEqual({
        ...original,
        tags: { ...original.tags },
      })
    }),
  )
})

test('nothing that is encoded can break out of its line', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 600 })
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 5 }), anything, (params, tag) => {
      const line = encodeMessage({ tags: { time: tag }, source: 'veza', command: '400', params })
      expect(line).not.toMatch(/[\r\n\0]/)
      const [, body = line] = /^@[^ ]* (.*)$/s.exec(line) ?? []
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(510)
    }),
  )
})

test('a word that could not stand in the middle becomes a star', () => {
  const params = ['two words', ':colon', '', 'last one']
  expect(encodeMessage({ command: '403', params })).toBe('403 * * * :last one')
})

test('texts are cut and split between characters', () => {
  expect(splitByBytes('aé😀b', 3)).toEqual(['aé', '😀', 'b'])
  expect(splitByBytes('', 3)).toEqual([''])
  expect(cutCharacters('ab😀c', 3)).toBe('ab')
  expect(cutCharacters('ab😀c', 4)).toBe('ab😀')
  expect(asOneLine('a\r\nb\0c\nd')).toBe('a bc d')
  expect(foldCase('ABCÀ[]')).toBe('abcÀ[]')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 4, max: 40 }), (text, bytes) => {
      const parts = splitByBytes(text, bytes)
      expect(parts.join('')).toBe(text)
      for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(bytes)
    }),
  )
})
