import { expect, test } from 'vitest'

import { bytesIn, countIn, wordsOf } from '#gateways/ftp/commands/site/words.ts'

const texts = (said: string) => wordsOf(said).map(({ text }) => text)

test.each([
  ['', []],
  ['  a   b ', ['a', 'b']],
  ['a "b c" d', ['a', 'b c', 'd']],
  ['"" a', ['', 'a']],
  ['{a b} c', ['{a b}', 'c']],
  ['pass"word {x', ['pass"word', '{x']],
  ['"unclosed word', ['"unclosed', 'word']],
  ['"', ['"']],
  ['"a"b c', ['"a"b', 'c']],
])('the words of %j', (said, expected) => {
  expect(texts(said)).toEqual(expected)
})

test('a word knows where it begins', () => {
  expect(wordsOf('a "b c"  d').map(({ at }) => at)).toEqual([0, 2, 9])
})

test.each([
  ['1', 1_024],
  ['0', 0],
  ['10k', 10_240],
  ['2M', 2 * 2 ** 20],
  ['3GiB', 3 * 2 ** 30],
  ['1TB', 2 ** 40],
  ['', undefined],
  ['-1', undefined],
  ['1.5G', undefined],
  ['999999999999T', undefined],
  ['1e3', undefined],
])('the bytes of %j', (text, bytes) => {
  expect(bytesIn(text)).toBe(bytes)
})

test.each([
  ['5', 5],
  ['-1', -1],
  ['-2', undefined],
  ['11', undefined],
  ['1.5', undefined],
  ['0x5', undefined],
  ['', undefined],
])('the count in %j', (text, count) => {
  expect(countIn(text, -1, 10)).toBe(count)
})
