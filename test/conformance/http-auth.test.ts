import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  type Administration,
  startAdministration,
} from '#test/conformance/administration.fixture.ts'
import { startFtp } from '#test/conformance/ftp-fixture.ts'
import { basic } from '#test/conformance/http-server.ts'
import { logInWs } from '#test/conformance/ws-client.ts'

let site: Administration
beforeAll(async () => {
  site = await startAdministration()
})
afterAll(() => site.stop())

const refresh = (token: string) =>
  site.ask('POST', '/api/v1/auth/refresh', { body: { refresh_token: token } })
const logOut = (token: string) =>
  site.ask('POST', '/api/v1/auth/logout', { body: { refresh_token: token } })
const meBy = (bearer: string) => site.ask('GET', '/api/v1/me', { bearer })

describe('a login', () => {
  test('answers tokens in the shape of the chat server', async () => {
    const { status, body, headers } = await site.logIn('Alice')
    expect(status).toBe(200)
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      refresh_token: expect.stringMatching(/^vr_alice\./),
      token_type: 'Bearer',
      expires_in: 900,
      user: { id: 'alice', username: 'alice', role: 'user' },
    })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(await meBy(body.access_token)).toMatchObject({ status: 200, body: { id: 'alice' } })
  })

  test.each([
    ['a wrong password', 'alice', 'wrong-password'],
    ['an unknown name', 'nobody', 'password'],
    ['a name that nobody can have', 'no body', 'password'],
  ])('is refused in the same words for %s', async (_, username, password) => {
    const { status, body } = await site.logIn(username, { password })
    expect(status).toBe(401)
    expect(body).toMatchObject({ code: 'login-incorrect', title: 'Login incorrect.' })
  })

  test('needs a body that is one', async () => {
    const answer = await site.ask('POST', '/api/v1/auth/login', { body: { username: 'alice' } })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/password' }] } })
  })

  test('is not for API tokens: a session may do more than they', async () => {
    const asking = { as: 'alice', body: { label: 'cli', scopes: ['read'] } }
    const { token } = await site.api(201, 'POST /me/tokens', asking)
    const { status, body } = await site.logIn('alice', { password: token })
    expect([status, body.reason]).toEqual([403, 'api-token'])
  })
})

describe('a refresh token', () => {
  test('is good once; who comes with it again ends the session', async () => {
    const first = (await site.logIn('alice')).body
    const second = await refresh(first.refresh_token)
    expect(second.status).toBe(200)
    expect(second.body.refresh_token).not.toBe(first.refresh_token)
    expect((await meBy(second.body.access_token)).status).toBe(200)

    expect(await refresh(first.refresh_token)).toMatchObject({
      status: 401,
      body: { code: 'refresh-token-reused' },
    })
    expect(await refresh(second.body.refresh_token)).toMatchObject({
      status: 401,
      body: { code: 'refresh-token-invalid' },
    })
    expect((await meBy(second.body.access_token)).status).toBe(401)
    expect((await meBy(first.access_token)).status).toBe(401)
  })

  test('that comes many times at once is good for one, and then the session has ended', async () => {
    const { refresh_token: token } = (await site.logIn('alice')).body
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(token)))
    const good = answers.filter(({ status }) => status === 200)
    expect(good.length).toBe(1)
    expect(answers.filter(({ body }) => body.code === 'refresh-token-reused').length).toBe(1)
    expect((await meBy(good[0]!.body.access_token)).status).toBe(401)
  })

  test('of nobody is refused', async () => {
    expect((await refresh('vr_alice.x.y')).status).toBe(401)
  })
})

test('logging out ends the session, and may be done twice', async () => {
  const { access_token: token, refresh_token: refreshToken } = (await site.logIn('alice')).body
  expect((await logOut(refreshToken)).status).toBe(204)
  expect((await meBy(token)).status).toBe(401)
  expect((await refresh(refreshToken)).status).toBe(401)
  expect((await logOut(refreshToken)).status).toBe(204)
})

test('the keys of the tokens may be kept for five minutes', async () => {
  const { status, body, headers } = await site.ask('GET', '/.well-known/jwks.json')
  expect(status).toBe(200)
  expect(headers.get('cache-control')).toBe('public, max-age=300')
  expect(body.keys).toEqual([
    expect.objectContaining({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' }),
  ])
  const { access_token: token } = (await site.logIn('alice')).body
  const header = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString())
  expect(header.kid).toBe(body.keys[0].kid)
  expect(body.keys[0].d).toBeUndefined()
})

test('a new password ends every session, WebSocket and FTP connection, and the old one', async () => {
  const { system } = site
  const ftp = await startFtp({ system: { ...system, stop: async () => {} } })
  const client = await ftp.login('bob')
  const socket = await logInWs(site.server.port, 'bob')
  const { access_token: token, refresh_token: refreshToken } = (await site.logIn('bob')).body
  const others = (await site.logIn('alice')).body
  const closed = socket.closed()

  const body = { password: 'correct horse battery', current: 'password' }
  expect((await site.ask('POST', '/api/v1/me/password', { bearer: token, body })).status).toBe(204)

  expect((await meBy(token)).status).toBe(401)
  expect((await refresh(refreshToken)).status).toBe(401)
  await closed
  while ((await client.read()) !== undefined);
  expect(client.isClosed).toBe(true)
  expect((await site.ask('GET', '/api/v1/me', { as: 'bob' })).status).toBe(401)
  const authorization = `Basic ${Buffer.from('bob:correct horse battery').toString('base64')}`
  expect((await site.ask('GET', '/api/v1/me', { authorization })).status).toBe(200)
  expect((await meBy(others.access_token)).status).toBe(200)
  await ftp.stop()
})

test('another site cannot log a browser in', async () => {
  const answer = await site.ask('POST', '/api/v1/auth/login', {
    body: { username: 'alice', password: 'password' },
    headers: { origin: 'https://elsewhere.example' },
  })
  expect(answer).toMatchObject({ status: 403, body: { reason: 'another-site' } })
})

test('a name and a password do for each request too', async () => {
  const answer = await site.ask('GET', '/api/v1/me', { authorization: basic('alice') })
  expect(answer).toMatchObject({ status: 200, body: { name: 'alice', email: null } })
})
