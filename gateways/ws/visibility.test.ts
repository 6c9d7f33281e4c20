import { expect, test } from 'vitest'

import { catalogue } from '#events/catalogue.ts'
import { FOLLOWED_KINDS, mayFollow } from '#gateways/ws/visibility.ts'

const member = { isSiteop: false, isInRoom: (room: string) => room === 'site' }
const siteop = { isSiteop: true, isInRoom: () => false }

const CASES: readonly (readonly [Parameters<typeof mayFollow>[0], boolean, boolean])[] = [
  [{ stream: 'race-1' }, true, true],
  [{ stream: 'section-incoming' }, true, true],
  [{ stream: 'room-site' }, true, true],
  [{ stream: 'room-staff' }, false, true],
  [{ stream: 'account-bob' }, false, true],
  [{ stream: 'connection-1' }, false, true],
  [{ stream: 'credential-1' }, false, false],
  [{ stream: 'toString-1' }, false, false],
  [{ stream: 'race' }, true, true],
  [{ kinds: ['race', 'section'] }, true, true],
  [{ kinds: ['race', 'room'] }, false, true],
  [{ kinds: ['connection'] }, false, true],
  [{ kinds: ['nothing'] }, false, false],
]

test.each(CASES)('%j: member %s, siteop %s', (followed, forMember, forSiteop) => {
  expect(mayFollow(followed, member)).toBe(forMember)
  expect(mayFollow(followed, siteop)).toBe(forSiteop)
})

test('every kind of fact has its rule', () => {
  const kinds = new Set(Object.keys(catalogue).map((type) => type.split('.')[0]))
  expect(new Set(FOLLOWED_KINDS)).toEqual(kinds)
})
