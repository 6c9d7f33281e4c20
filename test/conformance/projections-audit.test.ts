import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { GivenFacts } from '#projections/kernel/given-facts.ts'
import { modelsAfter, startPostgres } from '#test/conformance/projections.fixture.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

/** Ann comes in over FTP and IRC, does something to Bob by each, and Bob is in by a session. */
function aHistory(): GivenFacts {
  const proof = { group: 'G', method: 'password' }
  const session = { method: 'oidc', mfa: false, credential: 'c', token: 't' } as const
  return new GivenFacts()
    .add('connection-f', 'connection.opened', { gateway: 'ftp', node: 'n' }, { connection: 'f' })
    .add('connection-i', 'connection.opened', { gateway: 'irc', node: 'n' }, { connection: 'i' })
    .add('account-bob', 'account.unbanned', {}, { by: 'ann', connection: 'i' })
    .add('connection-f', 'connection.authenticated', {
      account: 'ann',
      remote: 'sealed-f',
      ...proof,
    })
    .add(
      'account-bob',
      'account.banned',
      { until: null, reason: '' },
      { by: 'ann', connection: 'f' },
    )
    .add('presence-bob', 'presence.session-opened', {
      session: 's',
      remote: 'sealed-s',
      expiresAt: 9,
      ...session,
    })
    .add('race-1', 'race.file-deleted', aDeletedFile('bob'), { by: 'bob', connection: 's' })
    .add('race-1', 'race.removed', {}, { by: 'ann', connection: 'gone' })
    .add('room-site', 'room.created', { name: 'site' })
}

function aDeletedFile(member: string) {
  return { file: 'a', member, sizeBytes: 1, durationMs: 1, counted: true }
}

describe('the audit', () => {
  test('tells to whom, over which gateway, how and from where', async () => {
    const models = await modelsAfter(postgres.db, aHistory(), 0)
    const { items } = await models.audit({ limit: 50, order: 'oldest' })
    const seen = items.map(({ by, subject, origin }) => [by, subject, origin?.gateway ?? null])
    expect(seen).toEqual([
      [null, null, 'ftp'],
      [null, null, 'irc'],
      ['ann', 'bob', 'irc'],
      [null, 'ann', null],
      ['ann', 'bob', 'ftp'],
      [null, 'bob', null],
      ['bob', 'bob', 'http'],
      ['ann', null, null],
      [null, null, null],
    ])
    const ann = { account: 'ann', method: 'password', remote: 'sealed-f' }
    expect(items[4]!.origin).toEqual({ gateway: 'ftp', ...ann })
    expect(items[2]!.origin).toMatchObject({ account: null, method: null, remote: null })
    const bob = { account: 'bob', method: 'oidc', remote: 'sealed-s' }
    expect(items[6]!.origin).toEqual({ gateway: 'http', ...bob })
  })

  test('is asked by whom, to whom, by gateway and by command, all of it together', async () => {
    const given = aHistory()
    const models = await modelsAfter(postgres.db, given, 0)
    const found = async (query: object) =>
      (await models.audit({ limit: 50, ...query })).items.map(({ position }) => position)
    expect(await found({ subject: 'bob' })).toEqual([7, 6, 5, 3])
    expect(await found({ subject: 'bob', member: 'ann' })).toEqual([5, 3])
    expect(await found({ gateway: 'ftp' })).toEqual([5, 1])
    expect(await found({ gateway: 'http' })).toEqual([7])
    expect(await found({ gateway: 'ftp', subject: 'bob' })).toEqual([5])
    expect(await found({ gateway: '\0' })).toEqual([])
    expect(await found({ commandId: given.facts[2]!.meta.commandId })).toEqual([3])
    const page = await models.audit({ gateway: 'ftp', limit: 1 })
    expect(await found({ gateway: 'ftp', cursor: page.nextCursor })).toEqual([1])
  })
})
