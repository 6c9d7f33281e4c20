import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { GivenFacts } from '#projections/kernel/given-facts.ts'
import { modelsAfter as askedAfter, startPostgres } from '#test/conformance/projections.fixture.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const NOW = 1_000
const modelsAfter = (given: GivenFacts) => askedAfter(postgres.db, given, NOW)

const proof = { group: 'GRP', method: 'token:t1', remote: 'sealed' }

/** Ann and Bob are in GRP, Carl is in Other, Dave is deleted; Ann came in over IRC. */
function someAccounts(): GivenFacts {
  const given = new GivenFacts().add('group-grp', 'group.created', { name: 'GRP' }, { at: 1 })
  for (const name of ['Carl', 'Ann', 'Dave', 'Bob']) {
    const group = name === 'Carl' ? 'Other' : 'GRP'
    const stream = `account-${name.toLowerCase()}`
    given.add(stream, 'account.created', { name, group, flags: '3' }, { at: 5, by: 'root' })
  }
  return given
    .add('account-dave', 'account.deleted', { reason: 'idle' })
    .add('account-ann', 'account.role-set', { role: 'moderator' })
    .add('account-ann', 'account.group-joined', { group: 'Other', isAdmin: true }, { at: 6 })
    .add('account-bob', 'account.banned', { until: NOW, reason: 'spam' })
    .add('account-carl', 'account.banned', { until: NOW + 1, reason: 'spam' })
    .add('connection-1', 'connection.opened', { gateway: 'irc', node: 'n' }, { at: 8 })
    .add('connection-1', 'connection.authenticated', { account: 'ann', ...proof }, { at: 9 })
}

describe('accounts', () => {
  test('are listed by name, page by page, with the position they reflect', async () => {
    const models = await modelsAfter(someAccounts())
    const first = await models.accounts({ limit: 3 })
    expect(first.items.map(({ id }) => id)).toEqual(['ann', 'bob', 'carl'])
    expect(first.position).toBe(12)
    const second = await models.accounts({ limit: 3, cursor: first.nextCursor! })
    expect(second).toMatchObject({ items: [{ id: 'dave', name: 'Dave' }], nextCursor: null })
    const refused = expect.objectContaining({ code: 'invalid-cursor' })
    await expect(models.accounts({ limit: 3, cursor: 'x' })).rejects.toThrow(refused)
    await expect(models.groups({ limit: 3, cursor: first.nextCursor! })).rejects.toThrow(refused)
  })

  test('are found by each filter', async () => {
    const models = await modelsAfter(someAccounts())
    const found = async (query: object) =>
      (await models.accounts({ limit: 9, ...query })).items.map(({ id }) => id)
    expect(await found({ group: 'grp' })).toEqual(['ann', 'bob', 'dave'])
    expect(await found({ group: 'OTHER' })).toEqual(['ann', 'carl'])
    expect(await found({ group: 'GRP', standing: 'active' })).toEqual(['ann', 'bob'])
    expect(await found({ role: 'moderator' })).toEqual(['ann'])
    expect(await found({ standing: 'deleted' })).toEqual(['dave'])
    expect(await found({ search: 'A' })).toEqual(['ann'])
    expect(await found({ search: '%' })).toEqual([])
    expect(await found({ search: '\0' })).toEqual([])
  })

  test('are told one by one, with groups, bans as of now and the last gateway', async () => {
    const models = await modelsAfter(someAccounts())
    expect(await models.account('ann')).toEqual({
      id: 'ann',
      name: 'Ann',
      group: 'GRP',
      flags: '3',
      role: 'moderator',
      standing: 'active',
      isActive: true,
      isBanned: false,
      bannedUntil: null,
      expiresAt: null,
      tagline: '',
      comment: '',
      hasMfa: false,
      isForgotten: false,
      createdAt: 5,
      addedBy: 'root',
      lastSeenAt: 9,
      lastGateway: 'irc',
      groups: [
        { id: 'grp', name: 'GRP', isAdmin: false, since: 5 },
        { id: 'other', name: 'Other', isAdmin: true, since: 6 },
      ],
    })
    expect(await models.account('bob')).toMatchObject({ isBanned: false, lastGateway: null })
    expect(await models.account('carl')).toMatchObject({ isBanned: true, bannedUntil: NOW + 1 })
    expect(await models.account('nobody')).toBeUndefined()
  })

  test('that are purged are no members any more', async () => {
    const models = await modelsAfter(someAccounts().add('account-dave', 'account.purged', {}))
    expect(await models.member('ann')).toMatchObject({ id: 'ann', lastSeenAt: 9 })
    expect(await models.member('dave')).toBeUndefined()
    expect(await models.account('dave')).toMatchObject({ standing: 'purged' })
  })
})

describe('groups', () => {
  const someGroups = () =>
    someAccounts()
      .add('group-other', 'group.created', { name: 'Other' })
      .add('group-old', 'group.created', { name: 'Old' })
      .add('group-old', 'group.deleted', {})
      .add('group-grp', 'group.limits-set', { slots: 3 })
      .add('group-grp', 'group.slot-taken', { account: 'bob', slot: 'member' })
      .add('group-grp', 'group.slot-taken', { account: 'bob', slot: 'leech' })
      .add('group-grp', 'group.privacy-set', { isPrivate: true })

  test('are listed by name, without deleted ones and, if so asked, without private ones', async () => {
    const models = await modelsAfter(someGroups())
    const found = async (query: object) =>
      (await models.groups({ limit: 9, ...query })).items.map(({ id }) => id)
    expect(await found({})).toEqual(['grp', 'other'])
    expect(await found({ withDeleted: true })).toEqual(['grp', 'old', 'other'])
    expect(await found({ withPrivate: false })).toEqual(['other'])
    const { nextCursor } = await models.groups({ limit: 1 })
    expect(await found({ cursor: nextCursor })).toEqual(['other'])
  })

  test('are told one by one, with who is in them and who holds a slot', async () => {
    const models = await modelsAfter(someGroups())
    expect(await models.group('GRP')).toEqual({
      id: 'grp',
      name: 'GRP',
      description: '',
      isPrivate: true,
      isDeleted: false,
      createdAt: 1,
      limits: {
        slots: 3,
        leechSlots: 0,
        allotmentSlots: 0,
        allotmentBytesMax: null,
        loginsMax: null,
      },
      slotsTaken: { member: 1, leech: 1, allotment: 0 },
      memberCount: 2,
      members: [
        { account: 'ann', name: 'Ann', isAdmin: false, since: 5, slots: [] },
        { account: 'bob', name: 'Bob', isAdmin: false, since: 5, slots: ['leech', 'member'] },
      ],
    })
    expect(await models.group('none')).toBeUndefined()
  })
})

describe('what a member is in by', () => {
  const opened = (session: string, expiresAt: number) => ({
    session,
    method: 'oidc' as const,
    mfa: true,
    credential: 'c',
    token: 'hash',
    remote: 'sealed',
    expiresAt,
  })
  const made = (token: string, scopes: string[]) => ({ token, label: token, scopes, expiresAt: 7 })

  test('are sessions that are not over', async () => {
    const given = new GivenFacts()
      .add('presence-ann', 'presence.session-opened', opened('a', NOW + 1), { at: 3 })
      .add('presence-ann', 'presence.session-opened', opened('b', NOW), { at: 4 })
      .add('presence-bob', 'presence.session-opened', opened('c', NOW + 1), { at: 5 })
    const models = await modelsAfter(given)
    expect(await models.sessions('ann')).toEqual([
      {
        id: 'a',
        method: 'oidc',
        mfa: true,
        remote: 'sealed',
        openedAt: 3,
        refreshedAt: 3,
        expiresAt: NOW + 1,
      },
    ])
  })

  test('are API tokens, with when they were last used', async () => {
    const given = someAccounts()
      .add('account-ann', 'account.token-created', made('t0', []), { at: 2 })
      .add('account-ann', 'account.token-created', made('t1', ['read', 'chat']), { at: 3 })
      .add('connection-2', 'connection.authenticated', { account: 'ann', ...proof }, { at: 20 })
    const models = await modelsAfter(given)
    const token = { id: 't1', label: 't1', scopes: ['read', 'chat'], createdAt: 3, expiresAt: 7 }
    expect(await models.tokens('ann')).toEqual([
      { ...token, id: 't0', label: 't0', scopes: [], createdAt: 2, lastUsedAt: null },
      { ...token, lastUsedAt: 20 },
    ])
    expect(await models.tokens('bob')).toEqual([])
  })
})

test('who is locked out is told while it lasts, for longest first', async () => {
  const locked = (until: number) => ({ until, failures: 5 })
  const given = new GivenFacts()
    .add('lockout-account_ann', 'lockout.locked', locked(NOW + 1), { at: 1 })
    .add('lockout-account_bob', 'lockout.locked', locked(NOW), { at: 2 })
    .add('lockout-address_tag', 'lockout.locked', locked(NOW + 2), { at: 3 })
  expect(await (await modelsAfter(given)).lockouts()).toEqual([
    { id: 'address_tag', account: null, lockedAt: 3, until: NOW + 2, failures: 5 },
    { id: 'account_ann', account: 'ann', lockedAt: 1, until: NOW + 1, failures: 5 },
  ])
})
