import { describe, expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { sessionsProjection } from '#projections/sessions/sessions.projection.ts'
import { apiTokens, openSessions } from '#projections/sessions/sessions.tables.ts'

const opened = (session: string) => ({
  session,
  method: 'password' as const,
  mfa: false,
  credential: 'c',
  token: 'hash',
  remote: 'sealed',
  expiresAt: 100,
})
const made = (token: string) => ({ token, label: 'my laptop', scopes: ['read', 'chat'] })

describe('sessions', () => {
  test('are kept from their opening to their end, with the last refresh', () => {
    const refreshed = { session: 'a', token: 'next', expiresAt: 300 }
    const given = new GivenFacts()
      .add('presence-ann', 'presence.session-opened', opened('a'), { at: 1 })
      .add('presence-ann', 'presence.session-opened', opened('b'), { at: 2 })
      .add('presence-ann', 'presence.session-refreshed', refreshed, { at: 5 })
      .add('presence-ann', 'presence.session-ended', { session: 'b', reason: 'logout' })
      .add('presence-ann', 'presence.session-refreshed', { ...refreshed, session: 'b' })
    expect(rowsAfter(sessionsProjection, given.facts).of(openSessions)).toEqual([
      {
        account: 'ann',
        session: 'a',
        method: 'password',
        mfa: false,
        opened_at: 1,
        refreshed_at: 5,
        expires_at: 300,
        remote: 'sealed',
      },
    ])
  })
})

describe('API tokens', () => {
  test('are kept until they are revoked, with when they were used, without their hash', () => {
    const came = (method: string) => ({ account: 'ann', group: 'G', method, remote: null })
    const given = new GivenFacts()
      .add('account-ann', 'account.token-created', { ...made('t1'), expiresAt: null }, { at: 1 })
      .add('account-ann', 'account.token-created', { ...made('t2'), expiresAt: 50 }, { at: 2 })
      .add('connection-1', 'connection.authenticated', came('token:t1'), { at: 7 })
      .add('connection-2', 'connection.authenticated', came('password'), { at: 8 })
      .add('account-ann', 'account.token-revoked', { token: 't2', reason: 'lost' })
    expect(rowsAfter(sessionsProjection, given.facts).of(apiTokens)).toEqual([
      {
        account: 'ann',
        token: 't1',
        label: 'my laptop',
        scopes: 'read chat',
        created_at: 1,
        expires_at: null,
        last_used_at: 7,
      },
    ])
  })

  test('go with the member who is forgotten', () => {
    const given = new GivenFacts()
      .add('account-ann', 'account.token-created', { ...made('t1'), expiresAt: null })
      .add('account-bob', 'account.token-created', { ...made('t2'), expiresAt: null })
      .add('account-ann', 'account.forgotten', {})
    const left = rowsAfter(sessionsProjection, given.facts).of(apiTokens)
    expect(left.map(({ token }) => token)).toEqual(['t2'])
  })
})
