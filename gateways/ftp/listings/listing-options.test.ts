import { expect, test } from 'vitest'

import { readListing, wildcard } from '#gateways/ftp/listings/listing-options.ts'

const plain = {
  isAll: false,
  isRecursive: false,
  isItself: false,
  order: 'name',
  isReversed: false,
}

test.each([
  ['', {}, '', undefined],
  ['-la', { isAll: true }, '', undefined],
  ['-l -R dir name', { isRecursive: true }, 'dir name', undefined],
  ['-ltr /a/*.rar', { order: 'time', isReversed: true }, '/a/', '*.rar'],
  ['-S ?.bin', { order: 'size' }, '', '?.bin'],
  ['-d /a/', { isItself: true }, '/a/', undefined],
  ['-ZZ x', {}, 'x', undefined],
  ['-', {}, '-', undefined],
  ['-name-of-a-file', {}, '-name-of-a-file', undefined],
  ['*/x', {}, '*/x', undefined],
])('%j', (argument, options, path, pattern) => {
  expect(readListing(argument)).toEqual({ options: { ...plain, ...options }, path, pattern })
})

test.each([
  ['*', '', true],
  ['*.rar', 'a.rar', true],
  ['*.rar', 'a.rar.bad', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['*a*b', 'xxaxxab', true],
  ['?', '', false],
  ['A*', 'abc', false],
  [`${'*a'.repeat(500)}b`, 'a'.repeat(255), false],
])('%s and %s: %s', (pattern, name, fits) => {
  expect(wildcard(pattern)(name)).toBe(fits)
})
