import { expect, test } from 'vitest'

import { bounded } from '#gateways/ftp/commands/site/lines.ts'

test('a long line is cut behind a word', () => {
  const words = Array.from({ length: 60 }, (_, n) => `word-${n}`)
  const lines = bounded([` ${words.join(' ')}`])
  expect(lines.length).toBeGreaterThan(1)
  expect(lines.every((line) => line.length <= 193)).toBe(true)
  expect(lines.slice(0, -1).every((line) => line.length > 180)).toBe(true)
  expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(words)
})

test('a long word is cut anywhere', () => {
  expect(bounded(['x'.repeat(400)])).toEqual([
    'x'.repeat(190),
    `   ${'x'.repeat(190)}`,
    `   ${'x'.repeat(20)}`,
  ])
})

test('a short line and an empty one stay as they are', () => {
  expect(bounded(['', ' a  b '])).toEqual(['', ' a  b '])
})
