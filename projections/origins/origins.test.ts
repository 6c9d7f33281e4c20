import { expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { originsProjection } from '#projections/origins/origins.projection.ts'
import { origins } from '#projections/origins/origins.table.ts'

test('a connection and a session are kept, with how they began and ended', () => {
  const session = { credential: 'c', token: 't', expiresAt: 99, mfa: true }
  const closed = { reason: 'quit', receivedBytes: 0, sentBytes: 0, durationMs: 1 }
  const proof = { group: 'G', method: 'scram', remote: 'sealed-1' }
  const given = new GivenFacts()
    .add('connection-1', 'connection.opened', { gateway: 'irc', node: 'n' }, { at: 1 })
    .add('connection-2', 'connection.opened', { gateway: 'ftp', node: 'n' }, { at: 2 })
    .add('connection-1', 'connection.authenticated', { account: 'ann', ...proof })
    .add('connection-1', 'connection.closed', closed, { at: 3 })
    .add(
      'presence-bob',
      'presence.session-opened',
      { session: 's', method: 'oidc', remote: null, ...session },
      { at: 4 },
    )
    .add('presence-bob', 'presence.session-ended', { session: 's', reason: 'logout' }, { at: 5 })
  const open = { ended_at: null, end_reason: null }
  const nobody = { account: null, method: null, remote: null }
  const ann = { account: 'ann', method: 'scram', remote: 'sealed-1' }
  const bob = { account: 'bob', method: 'oidc', remote: null }
  expect(rowsAfter(originsProjection, given.facts).of(origins)).toEqual([
    { origin: '1', gateway: 'irc', ...ann, opened_at: 1, ended_at: 3, end_reason: 'quit' },
    { origin: '2', gateway: 'ftp', ...nobody, opened_at: 2, ...open },
    { origin: 's', gateway: 'http', ...bob, opened_at: 4, ended_at: 5, end_reason: 'logout' },
  ])
})
