import { expect, test } from 'vitest'

import { subjectOf } from '#events/audit-subject.ts'

test.each<[string, string, unknown, string | null]>([
  ['an account', 'account-ann', { flags: '1' }, 'ann'],
  ['an account with a dash in its name', 'account-ann-b', {}, 'ann-b'],
  ['its credits, not the other member', 'ledger-ann', { cause: { member: 'bob' } }, 'ann'],
  ['its sessions', 'presence-ann', { session: 's' }, 'ann'],
  ['its failed logins', 'lockout-account_ann', { gateway: 'ftp' }, 'ann'],
  ['failed logins of an address', 'lockout-address_x', { member: 'ann' }, null],
  ['a race, about one who raced', 'race-1', { member: 'bob' }, 'bob'],
  ['a race, about nobody', 'race-1', { release: 'r' }, null],
  ['a login', 'connection-1', { account: 'ann', group: 'G' }, 'ann'],
  ['a slot of a group', 'group-g', { account: 'ann', slot: 'member' }, 'ann'],
  ['data of another program', 'comet-1', 'AAECAw==', null],
  ['no data', 'comet-1', null, null],
  ['a member that is none', 'comet-1', { member: { name: 'ann' } }, null],
  ['a member of any length', 'comet-1', { member: 'x'.repeat(65), account: 'ann' }, 'ann'],
  ['a stream of no actor', 'comet', { account: 'ann' }, 'ann'],
])('the subject of %s', (_, stream, data, expected) => {
  expect(subjectOf({ stream, data })).toBe(expected)
})
