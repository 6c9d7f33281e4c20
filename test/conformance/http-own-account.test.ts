import { afterEach, beforeEach, expect, test } from 'vitest'

import type { AccountCommand } from '#actors/account/account.commands.ts'
import {
  type Administration,
  startAdministration,
} from '#test/conformance/administration.fixture.ts'

let site: Administration
beforeEach(async () => {
  site = await startAdministration({ mfaRoles: ['moderator'], allowsAnonymous: true })
})
afterEach(() => site.stop())

const tell = (account: string, command: AccountCommand) =>
  site.system.host.send({ kind: 'account', id: account }, command, {
    by: null,
    connection: null,
    commandId: site.system.ids.next(),
  })

test.each([
  ['POST /me/password', { password: 'correct horse battery', current: 'password' }],
  ['POST /me/tokens', { label: 'x', scopes: ['read'] }],
  ['POST /me/mfa', { password: 'password' }],
  ['PATCH /me', { tagline: 'x' }],
  ['POST /me/credits/gift', { to: 'bob', bytes: 1 }],
])('a guest does not change the account of all guests: %s', async (request, body) => {
  await tell('alice', { type: 'account.set-flags', flags: '8' })
  await site.api(200, 'GET /me', { as: 'alice' })
  expect(await site.api(403, request, { as: 'alice', body })).toMatchObject({
    code: 'forbidden',
    reason: 'anonymous',
  })
})

test('a token from before the role that needs a second factor stands for none', async () => {
  const body = { label: 'x', scopes: ['read', 'admin'] }
  const { token: bearer } = await site.api(201, 'POST /me/tokens', { as: 'alice', body })
  await site.api(200, 'GET /me', { bearer })
  await tell('alice', { type: 'account.set-role', role: 'moderator' })
  expect((await site.api(403, 'GET /me', { bearer })).code).toBe('outside-token-scope')
})

test('what is shown once is shown again to the same login alone', async () => {
  const make = (scopes: readonly string[]) => ({ label: 'x', scopes })
  const post = (asking: object) =>
    site.ask('POST', '/api/v1/me/tokens', {
      body: make(['read', 'admin', 'site']),
      headers: { 'idempotency-key': 'k' },
      ...asking,
    })
  const admin = await site.api(201, 'POST /me/tokens', { as: 'bob', body: make(['admin']) })
  const first = await post({ as: 'bob' })
  expect(await post({ as: 'bob' })).toMatchObject({ status: 201, body: first.body })
  expect((await post({ bearer: admin.token })).body).toMatchObject({
    reason: 'outside-token-scope',
  })
  // Nor does another login get a token that is none.
  const { body } = await site.logIn('bob')
  const again = await post({ bearer: body.access_token })
  expect(again).toMatchObject({ status: 409, body: { code: 'already-created' } })
  expect((await site.api(200, 'GET /me/tokens', { as: 'bob' })).items).toHaveLength(2)
})
