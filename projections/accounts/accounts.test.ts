import { describe, expect, test } from 'vitest'

import { accountsProjection } from '#projections/accounts/accounts.projection.ts'
import { accountGroups, accounts } from '#projections/accounts/accounts.tables.ts'
import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'

const NEW = { name: 'Ann', group: 'GRP', flags: '3' }
const proof = { group: 'GRP', method: 'password', remote: 'sealed' }

const given = () =>
  new GivenFacts().add('account-ann', 'account.created', NEW, { at: 1, by: 'root' })
const accountAfter = ({ facts }: GivenFacts) =>
  rowsAfter(accountsProjection, facts).of(accounts)[0]!
const groupsAfter = ({ facts }: GivenFacts) =>
  rowsAfter(accountsProjection, facts).of(accountGroups)

describe('an account', () => {
  test('that is new is an active user in one group', () => {
    expect(accountAfter(given())).toEqual({
      account: 'ann',
      name: 'Ann',
      group: 'GRP',
      flags: '3',
      role: 'user',
      standing: 'active',
      is_active: true,
      is_banned: false,
      banned_until: null,
      expires_at: null,
      tagline: '',
      comment: '',
      has_mfa: false,
      is_forgotten: false,
      created_at: 1,
      added_by: 'root',
      last_seen_at: null,
      last_origin: null,
    })
    expect(groupsAfter(given())).toEqual([
      { account: 'ann', group_id: 'grp', group: 'GRP', is_admin: false, since: 1 },
    ])
  })

  test('has what its facts have set', () => {
    const changed = given()
      .add('account-ann', 'account.flags-set', { flags: '13' })
      .add('account-ann', 'account.role-set', { role: 'moderator' })
      .add('account-ann', 'account.profile-set', { tagline: 'hi', comment: 'trusted' })
      .add('account-ann', 'account.profile-set', { comment: '' })
      .add('account-ann', 'account.profile-set', { startDirectory: '/tv' })
      .add('account-ann', 'account.expiry-set', { at: 99 })
      .add('account-ann', 'account.mfa-begun', { secret: 's' })
      .add('account-ann', 'account.mfa-confirmed', { secret: 's', step: 1 })
      .add('account-ann', 'account.deactivated', { reason: 'away' })
    expect(accountAfter(changed)).toMatchObject({
      flags: '13',
      role: 'moderator',
      tagline: 'hi',
      comment: '',
      expires_at: 99,
      has_mfa: true,
      is_active: false,
    })
    changed
      .add('account-ann', 'account.activated', {})
      .add('account-ann', 'account.mfa-removed', { reason: 'lost' })
    expect(accountAfter(changed)).toMatchObject({ has_mfa: false, is_active: true })
  })

  test('is banned until it is not', () => {
    const banned = given().add('account-ann', 'account.banned', { until: 70, reason: 'spam' })
    expect(accountAfter(banned)).toMatchObject({ is_banned: true, banned_until: 70 })
    banned.add('account-ann', 'account.unbanned', {})
    expect(accountAfter(banned)).toMatchObject({ is_banned: false, banned_until: null })
  })

  test('goes, comes back, and goes for ever', () => {
    const gone = given().add('account-ann', 'account.deleted', { reason: 'idle' })
    expect(accountAfter(gone).standing).toBe('deleted')
    expect(accountAfter(gone.add('account-ann', 'account.readded', {})).standing).toBe('active')
    expect(accountAfter(gone.add('account-ann', 'account.purged', {})).standing).toBe('purged')
  })

  test('that is forgotten keeps its name, and nothing that was said of the member', () => {
    const forgotten = given()
      .add('account-ann', 'account.profile-set', { tagline: 'Ann Smith', comment: 'of Berlin' })
      .add('account-ann', 'account.forgotten', {})
    const row = accountAfter(forgotten)
    expect(row).toMatchObject({ name: 'Ann', is_forgotten: true, tagline: '', comment: '' })
    expect(JSON.stringify(row)).not.toMatch(/Smith|Berlin/)
  })

  test('is seen by its logins over every gateway, and at the end of a connection', () => {
    const opened = { credential: 'c', token: 't', remote: null, expiresAt: 9, mfa: false }
    const closed = { reason: 'quit', receivedBytes: 0, sentBytes: 0, durationMs: 1 }
    const seen = given()
      .add('connection-1', 'connection.authenticated', { account: 'ann', ...proof }, { at: 2 })
      .add('connection-2', 'connection.authenticated', { account: 'nobody', ...proof }, { at: 3 })
    expect(accountAfter(seen)).toMatchObject({ last_seen_at: 2, last_origin: '1' })
    seen.add(
      'presence-ann',
      'presence.session-opened',
      { session: 's', method: 'oidc', ...opened },
      { at: 4 },
    )
    expect(accountAfter(seen)).toMatchObject({ last_seen_at: 4, last_origin: 's' })
    seen.add('connection-1', 'connection.closed', closed, { at: 5, by: 'ann' })
    expect(accountAfter(seen)).toMatchObject({ last_seen_at: 5, last_origin: 's' })
    expect(rowsAfter(accountsProjection, seen.facts).of(accounts)).toHaveLength(1)
  })
})

describe('the groups of an account', () => {
  test('are joined and left, whatever the case of their names', () => {
    const moved = given()
      .add('account-ann', 'account.group-joined', { group: 'Other', isAdmin: false }, { at: 5 })
      .add('account-ann', 'account.group-admin-set', { group: 'other', isAdmin: true })
      .add('account-ann', 'account.primary-group-set', { group: 'Other' })
      .add('account-ann', 'account.group-left', { group: 'grp' })
    expect(accountAfter(moved).group).toBe('Other')
    expect(groupsAfter(moved)).toEqual([
      { account: 'ann', group_id: 'other', group: 'Other', is_admin: true, since: 5 },
    ])
  })
})
