import { generateSync } from 'otplib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  type Administration,
  startAdministration,
} from '#test/conformance/administration.fixture.ts'
import { openClient } from '#test/conformance/ftp-client.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

const STEP_MS = 30_000
const clock = createManualClock()
let site: Administration
beforeAll(async () => {
  site = await startAdministration({ clock, mfaRoles: ['moderator'] })
})
afterAll(() => site.stop())

/** A code that was not used before. */
function nextCode(secret: string): string {
  clock.advance(STEP_MS)
  return generateSync({ secret, epoch: Math.floor(clock.now() / 1_000) })
}

describe('members and what they say of themselves', () => {
  test('is theirs to change, sealed on record and open to them', async () => {
    const body = { tagline: 'here', email: 'alice@example.org', real_name: 'Alice A.' }
    const shown = await site.api(200, 'PATCH /me', { as: 'alice', body })
    expect(shown).toMatchObject({ ...body, comment: null, groups: [{ name: 'GRP' }] })
    const text = JSON.stringify(await Array.fromAsync(site.system.log.readAll()))
    expect(text).not.toContain('alice@example.org')
    expect(text).not.toContain('Alice A.')
    await site.api(200, 'PATCH /me', { as: 'alice', body: { email: null } })
    expect(await site.api(200, 'GET /me', { as: 'alice' })).toMatchObject({ email: null })
    expect(await site.api(200, 'GET /accounts/ALICE', { as: 'alice' })).toMatchObject({
      real_name: 'Alice A.',
    })
  })

  test('flags and roles are not theirs, nor is what others say of themselves', async () => {
    const body = { flags: '1', role: 'administrator', account: 'bob', tagline: 'mine' }
    expect(await site.api(200, 'PATCH /me', { as: 'alice', body })).toMatchObject({ id: 'alice' })
    expect(await site.api(200, 'GET /me', { as: 'bob' })).toMatchObject({ tagline: '' })
    expect(await site.api(200, 'GET /me', { as: 'alice' })).toMatchObject({
      flags: '3',
      role: 'user',
    })
    const refused = await site.api(403, 'PATCH /accounts/alice', {
      as: 'alice',
      body: { flags: '1' },
    })
    expect(refused.code).toBe('forbidden')
  })

  test('who changes it is found with the address and the proof', async () => {
    await site.api(200, 'PATCH /me', { as: 'bob', body: { tagline: 'first' } })
    await site.api(200, 'PATCH /me', { as: 'bob', body: { tagline: 'second' } })
    const facts = await Array.fromAsync(site.system.log.readStream('account-bob'))
    const [first, second] = facts.filter(({ type }) => type === 'account.profile-set')
    expect(first!.meta.by).toBe('bob')
    expect(first!.meta.connection).toBe(second!.meta.connection)
    const visit = await Array.fromAsync(
      site.system.log.readStream(`connection-${first!.meta.connection}`),
    )
    expect(visit.map(({ type }) => type)).toEqual(['connection.opened', 'connection.authenticated'])
    const { remote, method } = visit[1]!.data as { remote: string; method: string }
    expect(method).toBe('password')
    expect(await site.system.seals.unseal('account:bob', 'remote', remote)).toBe('127.0.0.1:0')
  })
})

test('a password is changed by who knows it, and must be a good one', async () => {
  const set = (current: string | undefined, password: string) =>
    site.ask('POST', '/api/v1/me/password', { as: 'bob', body: { current, password } })
  expect(await set('wrong', 'correct horse battery')).toMatchObject({ status: 401 })
  expect(await set(undefined, 'correct horse battery')).toMatchObject({ status: 401 })
  expect(await set('password', 'short')).toMatchObject({
    status: 422,
    body: { code: 'password-too-short' },
  })
  expect(await set('password', 'bob-password')).toMatchObject({
    status: 422,
    body: { code: 'password-too-common' },
  })
})

describe('API tokens', () => {
  test('are shown once and are good for their scopes over HTTP and FTP', async () => {
    const made = await site.api(201, 'POST /me/tokens', {
      as: 'alice',
      body: { label: 'laptop', scopes: ['read', 'download'], expires_in_days: 30 },
    })
    expect(made.token).toMatch(/^veza_alice\./)
    const { items } = await site.api(200, 'GET /me/tokens', { as: 'alice' })
    expect(items).toContainEqual(expect.objectContaining({ id: made.id, label: 'laptop' }))
    expect(JSON.stringify(items)).not.toContain(made.token.split('.').at(-1))

    const basic = `Basic ${Buffer.from(`alice:${made.token}`).toString('base64')}`
    await site.api(200, 'GET /me', { authorization: basic })
    await site.api(200, 'GET /me', { bearer: made.token })
    const refused = await site.api(403, 'PATCH /me', { bearer: made.token, body: {} })
    expect(refused).toMatchObject({ code: 'outside-token-scope', scope: 'admin' })

    const { system } = site
    const ftp = await startFtp({ system: { ...system, stop: async () => {} } })
    const client = await openClient(ftp.port)
    await client.expect('220')
    await client.say('USER alice', '331')
    await client.say(`PASS ${made.token}`, '230')
    await client.say('MKD /incoming/Some.Release', '550')

    await site.api(204, `DELETE /me/tokens/${made.id}`, { as: 'alice' })
    await site.api(401, 'GET /me', { bearer: made.token })
    const gone = await site.api(404, `DELETE /me/tokens/${made.id}`, { as: 'alice' })
    expect(gone.code).toBe('no-such-token')
    await ftp.stop()
  })

  test('make none that may do more', async () => {
    const asked = { label: 'ci', scopes: ['admin', 'read'] }
    const { token } = await site.api(201, 'POST /me/tokens', { as: 'alice', body: asked })
    const more = { label: 'more', scopes: ['admin', 'chat'] }
    const refused = await site.api(403, 'POST /me/tokens', { bearer: token, body: more })
    expect(refused.reason).toBe('outside-token-scope')
    await site.api(201, 'POST /me/tokens', {
      bearer: token,
      body: { label: 'x', scopes: ['read'] },
    })
  })

  test('end after their time', async () => {
    const body = { label: 'short', scopes: ['read'], expires_in_days: 1 }
    const { token } = await site.api(201, 'POST /me/tokens', { as: 'alice', body })
    await site.api(200, 'GET /me', { bearer: token })
    clock.advance(86_400_000)
    await site.api(401, 'GET /me', { bearer: token })
  })
})

test('sessions are listed with their address and ended one by one, or all', async () => {
  const [first, second] = [(await site.logIn('alice')).body, (await site.logIn('alice')).body]
  const { sessions } = await site.api(200, 'GET /me/sessions', { bearer: first.access_token })
  expect(sessions.length).toBe(2)
  expect(sessions[0]).toMatchObject({ method: 'password', remote: '127.0.0.1:0', is_current: true })
  expect(sessions[1].is_current).toBe(false)
  const other = sessions[1].id
  await site.api(204, `DELETE /me/sessions/${other}`, { bearer: first.access_token })
  await site.api(401, 'GET /me', { bearer: second.access_token })
  await site.api(404, `DELETE /me/sessions/${site.system.ids.next()}`, { as: 'alice' })
  await site.api(204, 'DELETE /me/sessions', { bearer: first.access_token })
  await site.api(401, 'GET /me', { bearer: first.access_token })
})

test('a second factor: enrolled with a fresh password, asked for, recovered, removed', async () => {
  await site.system.addMember({ name: 'mona', role: 'moderator' })
  const { body: limited } = await site.logIn('mona')
  const bearer = limited.access_token
  // Her role needs one: there is nothing that she may do before.
  await site.api(403, 'GET /me', { bearer })
  await site.api(403, 'POST /me/tokens', { bearer, body: { label: 'x', scopes: ['read'] } })
  expect(await site.api(200, 'GET /me/mfa', { bearer })).toMatchObject({ is_on: false })

  const wrong = await site.api(401, 'POST /me/mfa', { bearer, body: { password: 'wrong' } })
  expect(wrong.code).toBe('login-incorrect')
  const begun = await site.api(201, 'POST /me/mfa', { bearer, body: { password: 'password' } })
  expect(begun.uri).toMatch(/^otpauth:\/\/totp\//)
  const { secret } = begun
  const refused = await site.api(401, 'POST /me/mfa/confirm', { bearer, body: { code: '000000' } })
  expect(refused.code).toBe('mfa-code-incorrect')
  const code = nextCode(secret)
  const confirmed = await site.api(200, 'POST /me/mfa/confirm', { bearer, body: { code } })
  const [recovery] = confirmed.recovery_codes
  expect(confirmed.recovery_codes.length).toBe(10)

  expect((await site.logIn('mona')).body.code).toBe('mfa-required')
  expect((await site.logIn('mona', { code })).status).toBe(401)
  const whole = (await site.logIn('mona', { code: nextCode(secret) })).body.access_token
  expect(await site.api(200, 'GET /me/mfa', { bearer: whole })).toEqual({
    is_on: true,
    is_begun: false,
    recovery_codes_left: 10,
  })
  expect((await site.logIn('mona', { code: recovery })).status).toBe(200)
  expect((await site.logIn('mona', { code: recovery })).status).toBe(401)

  const fresh = { password: 'password' }
  const renewed = await site.api(201, 'POST /me/mfa/recovery-codes', { bearer: whole, body: fresh })
  expect((await site.logIn('mona', { code: confirmed.recovery_codes[1] })).status).toBe(401)
  await site.api(401, 'DELETE /me/mfa', { bearer: whole, body: fresh })
  const body = { ...fresh, code: renewed.recovery_codes[0] }
  await site.api(204, 'DELETE /me/mfa', { bearer: whole, body })
  expect((await site.logIn('mona')).status).toBe(200)
})
