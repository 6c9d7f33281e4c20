import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  type Administration,
  GOOD,
  operate,
  startAdministration,
} from '#test/conformance/administration.fixture.ts'

let site: Administration
beforeAll(async () => {
  site = await startAdministration()
  await site.system.addMember({ name: 'editor', flags: '37' })
  await site.system.addMember({ name: 'mona', role: 'moderator' })
})
afterAll(() => site.stop())

const as = 'root'
let made = 0

/** A new account, made over HTTP. */
async function newAccount(): Promise<string> {
  const name = `Member${made++}`
  const body = { name, password: GOOD, group: 'GRP' }
  return (await site.api(201, 'POST /accounts', { as, body })).id
}

const logIn = (username: string) => site.logIn(username, { password: GOOD })

describe('an account', () => {
  test('is made once, in a group that is made by naming it', async () => {
    const body = { name: 'Zoe', password: GOOD, group: 'NEWGRP', flags: '33', email: 'z@a.org' }
    expect(await site.api(201, 'POST /accounts', { as, body })).toMatchObject({
      id: 'zoe',
      name: 'Zoe',
      flags: '3',
      email: 'z@a.org',
      added_by: 'root',
      standing: 'active',
    })
    expect(await site.api(200, 'GET /groups/newgrp', { as })).toMatchObject({ name: 'NEWGRP' })
    const again = await site.api(409, 'POST /accounts', { as, body: { ...body, name: 'ZOE' } })
    expect(again.code).toBe('account-exists')
    expect((await logIn('zoe')).status).toBe(200)
  })

  test('takes no password that anybody would guess, and no name that is none', async () => {
    const body = { name: 'Yan', password: 'password1', group: 'GRP' }
    const refused = await site.api(422, 'POST /accounts', { as, body })
    expect(refused.code).toBe('password-too-common')
    const wrong = await site.api(400, 'POST /accounts', { as, body: { ...body, name: 'a b' } })
    expect(wrong.errors).toEqual([expect.objectContaining({ pointer: '/name' })])
  })

  test('is made once by the same request sent twice', async () => {
    const body = { name: 'Twice', password: GOOD, group: 'GRP' }
    const asking = { as, body, headers: { 'idempotency-key': 'make-twice' } }
    const first = await site.api(201, 'POST /accounts', asking)
    expect(await site.api(201, 'POST /accounts', asking)).toEqual(first)
  })

  test('is changed, each thing by a fact of its own', async () => {
    const id = await newAccount()
    const body = {
      flags: '3A',
      role: 'moderator',
      limits: { logins_max: 2, login_hours: { from_hour: 8, to_hour: 20 } },
      profile: { comment: 'good' },
      expires_at: '2099-01-01T00:00:00+02:00',
    }
    const changed = await site.api(200, `PATCH /accounts/${id}`, { as, body })
    expect(changed).toMatchObject({
      flags: '3A',
      role: 'moderator',
      comment: 'good',
      expires_at: '2098-12-31T22:00:00.000Z',
      limits: { logins_max: 2, uploads_max: null, login_hours: { from_hour: 8, to_hour: 20 } },
    })
    const facts = await Array.fromAsync(site.system.log.readStream(`account-${id}`))
    const own = facts.slice(2)
    expect(own.map(({ type }) => type.replace('account.', ''))).toEqual([
      'flags-set',
      'role-set',
      'limits-set',
      'profile-set',
      'expiry-set',
    ])
    expect(new Set(own.map(({ meta }) => meta.correlationId)).size).toBe(1)
    expect(own[0]!.meta).toMatchObject({ by: 'root' })
  })

  test('goes in and out of groups', async () => {
    const id = await newAccount()
    const path = `/accounts/${id}/groups`
    const body = { group: 'Second' }
    await site.api(200, `POST ${path}`, { as, body })
    const admin = await site.api(200, `PATCH ${path}/second`, { as, body: { is_admin: true } })
    expect(admin.groups).toEqual([
      { name: 'GRP', is_admin: false },
      { name: 'Second', is_admin: true },
    ])
    const left = await site.api(200, `DELETE ${path}/GRP`, { as })
    expect(left).toMatchObject({ group: 'Second', groups: [{ name: 'Second' }] })
    expect((await site.api(409, `DELETE ${path}/Second`, { as })).code).toBe('last-group')
  })

  test('has masks that are sealed, and shown to whom addresses are shown', async () => {
    const id = await newAccount()
    const add = ['*@10.0.0.*', '!bad@192.0.2.0/24']
    const path = `/accounts/${id}/masks`
    expect(await site.api(200, `POST ${path}`, { as, body: { add } })).toEqual({ count: 2 })
    expect((await site.api(200, `GET ${path}`, { as })).masks).toEqual(add.toSorted())
    expect((await site.api(403, `GET ${path}`, { as: 'mona' })).reason).toBe('see-addresses')
    const log = JSON.stringify(await Array.fromAsync(site.system.log.readAll()))
    expect(log).not.toContain('10.0.0.')
    const denied = await logIn(id)
    expect(denied.body).toMatchObject({ code: 'login-denied', reason: 'mask-mismatch' })
    await site.api(200, `POST ${path}`, { as, body: { remove: add } })
    expect((await logIn(id)).status).toBe(200)
    expect((await site.api(404, `POST ${path}`, { as, body: { remove: add } })).code).toBe(
      'no-such-mask',
    )
    await site.api(400, `POST ${path}`, { as, body: { add: ['everywhere'] } })
  })
})

describe('an account that nobody may use', () => {
  test('is banned for a time, which ends its sessions, and let in again', async () => {
    const id = await newAccount()
    const { access_token: bearer } = (await logIn(id)).body
    const body = { duration_seconds: 3_600, reason: 'spam' }
    await site.api(204, `POST /accounts/${id}/ban`, { as: 'mona', body })
    await site.api(401, 'GET /me', { bearer })
    expect((await logIn(id)).body).toMatchObject({ code: 'login-denied', reason: 'banned' })
    await site.api(204, `POST /accounts/${id}/unban`, { as: 'mona' })
    expect((await logIn(id)).status).toBe(200)
    expect((await site.api(409, `POST /accounts/${id}/unban`, { as })).code).toBe('not-banned')
    expect((await site.api(403, 'POST /accounts/root/ban', { as: 'mona', body })).reason).toBe(
      'target-outranks',
    )
  })

  test('is deleted, taken back, and ended for good with all its secrets', async () => {
    const id = await newAccount()
    const state = async () => (await site.system.host.state<any>({ kind: 'account', id })).context
    const { credential } = await state()
    await site.api(204, `DELETE /accounts/${id}`, { as, body: { reason: 'idle' } })
    expect((await logIn(id)).status).toBe(403)
    await site.api(204, `POST /accounts/${id}/readd`, { as })
    expect((await logIn(id)).status).toBe(200)
    expect((await site.api(409, `POST /accounts/${id}/purge`, { as })).code).toBe(
      'account-not-deleted',
    )
    await site.api(204, `DELETE /accounts/${id}`, { as })
    expect(await site.system.vault.get(`credential:${credential}`)).toBeDefined()
    await site.api(204, `POST /accounts/${id}/purge`, { as })
    expect(await site.system.vault.get(`credential:${credential}`)).toBeUndefined()
    expect((await logIn(id)).status).toBe(401)
    await site.api(204, `POST /accounts/${id}/purge`, { as })
  })

  test('has its password set, its second factor and tokens taken by an administrator', async () => {
    const id = await newAccount()
    const authorization = `Basic ${Buffer.from(`${id}:${GOOD}`).toString('base64')}`
    const token = await site.api(201, 'POST /me/tokens', {
      authorization,
      body: { label: 'x', scopes: ['read'] },
    })
    const { items } = await site.api(200, `GET /accounts/${id}/tokens`, { as })
    expect(items.map((each: any) => each.id)).toEqual([token.id])
    await site.api(204, `DELETE /accounts/${id}/tokens/${token.id}`, { as })
    await site.api(201, 'POST /me/mfa', { authorization, body: { password: GOOD } })
    await site.api(204, `DELETE /accounts/${id}/mfa`, { as, body: { reason: 'lost' } })
    expect((await site.api(200, `GET /accounts/${id}/mfa`, { as })).is_begun).toBe(false)
    const body = { password: 'another horse battery' }
    await site.api(204, `POST /accounts/${id}/password`, { as, body })
    expect((await logIn(id)).status).toBe(401)
    expect((await site.logIn(id, body)).status).toBe(200)
    await site.api(204, `DELETE /accounts/${id}/sessions`, { as })
  })
})

test('an account is unlocked after too many wrong passwords', async () => {
  const other = await startAdministration({ loginFailures: 3 })
  const fail = () => other.logIn('alice', { password: 'wrong-password' })
  for (let failed = 0; failed < 3; failed++) expect((await fail()).status).toBe(401)
  const locked = await other.logIn('alice')
  expect([locked.status, locked.body.code]).toEqual([429, 'locked-out'])
  expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(800)
  // The address is locked too: the operator, who is nowhere, unlocks the account alone.
  await operate(other.system, 'account.unlock', { account: 'alice' })
  const ref = { kind: 'lockout', id: 'account_alice' }
  const { context } = await other.system.host.state<any>(ref)
  expect(context).toMatchObject({ failuresAtMs: [], lockedUntilMs: 0 })
  await other.stop()
})
