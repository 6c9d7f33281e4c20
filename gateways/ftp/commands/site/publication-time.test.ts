import { expect, test } from 'vitest'

import { publicationTime } from '#gateways/ftp/commands/site/publication-time.ts'

const NOW = Date.parse('2026-11-21T12:30:15Z')

test.each([
  ['13:00', '2026-11-21T13:00:00Z'],
  ['12:30', '2026-11-22T12:30:00Z'],
  ['0:05', '2026-11-22T00:05:00Z'],
  ['+30m', '2026-11-21T13:00:15Z'],
  ['+2H', '2026-11-21T14:30:15Z'],
  ['+1d', '2026-11-22T12:30:15Z'],
  ['2026-12-01T20:00Z', '2026-12-01T20:00:00Z'],
  ['2026-12-01T20:00:30+02:00', '2026-12-01T18:00:30Z'],
])('%s is %s', (text, iso) => {
  expect(publicationTime(text, NOW)).toBe(Date.parse(iso))
})

test.each(['24:00', '12:60', '12', '+5', '+5w', 'tomorrow', '2026-13-01T20:00Z', '2026-12-01'])(
  '%s is no time',
  (text) => expect(publicationTime(text, NOW)).toBeUndefined(),
)
