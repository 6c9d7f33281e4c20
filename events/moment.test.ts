import { expect, test } from 'vitest'

import { readMoment } from '#events/moment.ts'

test.each([
  ['0', { version: 0 }],
  ['12', { version: 12 }],
  ['@12', { position: 12 }],
  ['2026-11-21', { time: Date.UTC(2026, 10, 21) }],
  ['2026-11-21T10:30Z', { time: Date.UTC(2026, 10, 21, 10, 30) }],
  ['2026-11-21T10:30:05.250+02:00', { time: Date.UTC(2026, 10, 21, 8, 30, 5, 250) }],
])('%s is a moment', (text, moment) => {
  expect(readMoment(text, { bare: 'version' })).toEqual(moment)
})

test('a bare number is what the reader says it is', () => {
  expect(readMoment('12', { bare: 'position' })).toEqual({ position: 12 })
})

test.each([
  '',
  '-1',
  '1.5',
  '@',
  '@@1',
  '@-1',
  'yesterday',
  '2026-13-01',
  '2026-11-21T10:30:00',
  '9'.repeat(16),
])('%j is none', (text) => {
  expect(readMoment(text, { bare: 'version' })).toBeUndefined()
})
