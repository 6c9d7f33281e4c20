import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { SignInProvider } from '#events/sign-in-provider.ts'
import { askForUpgrade } from '#test/conformance/attack-sockets.ts'
import { bearer, openSession, type Site, startSite } from '#test/conformance/attack.fixture.ts'
import { basic } from '#test/conformance/http-server.ts'

let site: Site
/** The addresses to which a provider was told to send its browsers back. */
let redirects: string[]

const SITE_URL = 'https://veza.example'

beforeEach(async () => {
  redirects = []
  const provider: SignInProvider = {
    async begin({ redirectUri }) {
      redirects.push(redirectUri)
      const state = { state: 's', nonce: 'n', codeVerifier: 'v', redirectUri }
      return { url: 'https://provider.example/authorize', state }
    },
    finish: () => Promise.reject(new Error('nobody comes back in this test')),
  }
  const signInSites = new Map([['test', { provider, allowsSignUp: false, group: 'GRP' }]])
  site = await startSite({ signInSites, siteUrl: SITE_URL })
})
afterEach(() => site.stop())

const FOREIGN = ['https://evil.example', 'null', 'http://127.0.0.1', 'file://', 'nonsense']

describe('a page of another site', () => {
  it.each(FOREIGN)('(%s) has nothing done with a remembered password or token', async (origin) => {
    const { access, refresh } = await openSession(site, 'alice')
    const before = await site.facts('account', 'presence', 'lockout')
    const Origin = origin
    const password = { current: 'password', password: 'Quite another, 42' }
    for (const authorization of [basic('alice'), `Bearer ${access}`]) {
      const headers = { Origin, Authorization: authorization }
      const { status } = await site.ask('/api/v1/me/password', {
        method: 'POST',
        headers,
        body: password,
      })
      expect(status).toBe(403)
      expect((await askForUpgrade(site.httpPort, headers)).status).toBe(403)
    }
    const open = [
      ['/api/v1/auth/login', { username: 'alice', password: 'password' }],
      ['/api/v1/auth/refresh', { refresh_token: refresh }],
      ['/api/v1/auth/logout', { refresh_token: refresh }],
    ] as const
    for (const [path, body] of open) {
      expect((await site.ask(path, { method: 'POST', headers: { Origin }, body })).status).toBe(403)
    }
    expect(await site.facts('account', 'presence', 'lockout')).toEqual(before)
  })

  it('is not told that it may read an answer', async () => {
    const headers = { Origin: 'https://evil.example', Authorization: basic('alice') }
    for (const method of ['GET', 'OPTIONS']) {
      const answer = await site.ask('/api/v1/me', { method, headers })
      const cors = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))
      expect(cors).toEqual([])
    }
  })

  it('cannot send a form in place of JSON', async () => {
    const { status } = await site.ask('/api/v1/auth/login', {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: { username: 'alice', password: 'password' },
    })
    expect(status).toBe(415)
  })
})

describe('cookies', () => {
  it('prove nothing, and none is set by a login', async () => {
    const { access, refresh } = await openSession(site, 'alice')
    const Cookie = [
      `access_token=${access}`,
      `refresh_token=${refresh}`,
      `veza_sign_in=${access}`,
      `Authorization=Bearer ${access}`,
    ].join('; ')
    expect((await site.ask('/api/v1/me', { headers: { Cookie } })).status).toBe(401)
    const { status } = await site.ask('/api/v1/auth/refresh', {
      method: 'POST',
      headers: { Cookie },
      body: {},
    })
    expect(status).toBe(400)
    const login = await site.ask('/api/v1/auth/login', {
      method: 'POST',
      body: { username: 'alice', password: 'password' },
    })
    expect(login.headers['set-cookie']).toBeUndefined()
  })

  it('tokens in the address prove nothing either', async () => {
    const { access } = await openSession(site, 'alice')
    for (const name of ['access_token', 'token', 'authorization']) {
      expect((await site.ask(`/api/v1/me?${name}=${access}`)).status).toBe(401)
    }
    expect((await site.ask('/api/v1/me', { headers: bearer(access) })).status).toBe(200)
  })
})

describe('the address to which a provider sends back', () => {
  it.each([
    { Host: 'evil.example' },
    { Host: 'veza.example@evil.example' },
    { Host: 'veza.example', 'X-Forwarded-Host': 'evil.example' },
    { Host: 'veza.example', Forwarded: 'host=evil.example;proto=http' },
    { Host: 'veza.example', 'X-Forwarded-Proto': 'http', 'X-Original-URL': '//evil.example' },
  ])('is the site’s own, whatever %j says', async (headers) => {
    const begun = await site.ask('/api/v1/auth/oidc/test/start', { headers })
    expect(begun.status).toBe(302)
    const linked = await site.ask('/api/v1/me/identities', {
      method: 'POST',
      headers: { ...headers, Authorization: basic('alice') },
      body: { provider: 'test' },
    })
    expect(linked.status).toBe(200)
    expect(redirects).toEqual([
      `${SITE_URL}/api/v1/auth/oidc/test/callback`,
      `${SITE_URL}/api/v1/auth/oidc/test/callback`,
    ])
    expect(begun.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Lax; Secure$/)
  })
})
