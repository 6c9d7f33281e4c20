import { afterAll, afterEach, describe, expect, it } from 'vitest'

import { createManualClock } from '#test/conformance/manual-clock.ts'
import {
  providerKeys,
  REDIRECT_URI,
  signInAs,
  startOidcProvider,
} from '#test/conformance/oidc.fixture.ts'
import { outcomeOf } from '#test/conformance/tokens.fixture.ts'
import { createOidcSignIn } from '#infra/oidc/oidc-sign-in.ts'

const provider = await startOidcProvider()
const clock = createManualClock()
const signIn = createOidcSignIn({ ...provider.client, clock })

afterEach(() => provider.meddle(undefined))
afterAll(() => provider.goDown())

async function begun(login: string | null = 'alice', at = signIn) {
  const { url, state } = await at.begin({ redirectUri: REDIRECT_URI })
  return { url: new URL(url), state, callback: await signInAs(login, url) }
}

const changed = (callback: string, change: (search: URLSearchParams) => void) => {
  const url = new URL(callback)
  change(url.searchParams)
  return url.href
}

const ALICE = {
  issuer: provider.issuer,
  subject: 'alice',
  email: 'alice@provider.test',
  emailVerified: true,
  name: 'The alice',
}

describe('sign-in at a provider', () => {
  it('tells who the person is', async () => {
    const { url, state, callback } = await begun()
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      scope: 'openid email profile',
      redirect_uri: REDIRECT_URI,
      code_challenge_method: 'S256',
      state: state.state,
      nonce: state.nonce,
    })
    expect(url.href).not.toContain(state.codeVerifier)
    expect(await signIn.finish(callback, state)).toEqual(ALICE)
  })

  it('needs nothing else of what is kept than plain JSON', async () => {
    const { state, callback } = await begun('bob')
    const kept = JSON.parse(JSON.stringify(state)) as typeof state
    expect(await signIn.finish(callback, kept)).toMatchObject({ subject: 'bob' })
  })

  it('takes the address that came back as a path behind a proxy', async () => {
    const { state, callback } = await begun()
    const path = callback.replace('http://127.0.0.1', '')
    expect(await signIn.finish(path, state)).toEqual(ALICE)
  })

  it.each([
    [
      'a secret in the body',
      (clientSecret: string) => ({
        clientId: 'veza-post',
        clientAuthentication: 'post' as const,
        clientSecret,
      }),
    ],
    ['no secret', () => ({ clientId: 'veza-public' })],
  ] as const)('works with %s', async (_, change) => {
    const { clientSecret, ...client } = provider.client
    const at = createOidcSignIn({ ...client, ...change(clientSecret), clock })
    const { state, callback } = await begun('alice', at)
    expect(await at.finish(callback, state)).toEqual(ALICE)
  })
})

describe('what does not belong to a sign-in begun here is refused', () => {
  it.each<[string, (search: URLSearchParams) => void]>([
    ['another state', (search) => search.set('state', 'x'.repeat(43))],
    ['no state', (search) => search.delete('state')],
    ['two states', (search) => search.append('state', 'x')],
    ['no code', (search) => search.delete('code')],
    ['another code', (search) => search.set('code', 'x'.repeat(43))],
    ['another issuer', (search) => search.set('iss', 'https://evil.test')],
    ['no issuer, where the provider names itself', (search) => search.delete('iss')],
    ['an address without end', (search) => search.set('x', 'x'.repeat(10_000))],
  ])('%s', async (_, change) => {
    const { state, callback } = await begun()
    expect(await outcomeOf(signIn.finish(changed(callback, change), state))).toBe('sign-in-invalid')
  })

  it.each(['nonce', 'codeVerifier'] as const)('with another %s', async (field) => {
    const [one, other] = [await begun(), await begun()]
    const mixed = { ...one.state, [field]: other.state[field] }
    expect(await outcomeOf(signIn.finish(one.callback, mixed))).toBe('sign-in-invalid')
  })

  it('a code used before', async () => {
    const { state, callback } = await begun()
    await signIn.finish(callback, state)
    expect(await outcomeOf(signIn.finish(callback, state))).toBe('sign-in-invalid')
  })

  it('someone else’s callback', async () => {
    const [mine, theirs] = [await begun('alice'), await begun('mallory')]
    expect(await outcomeOf(signIn.finish(theirs.callback, mine.state))).toBe('sign-in-invalid')
  })

  it('an identity that the provider’s key did not sign', async () => {
    const fresh = createOidcSignIn({ ...provider.client, clock })
    const { published } = await providerKeys()
    provider.meddle('/jwks', (_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(published))
    })
    const { state, callback } = await begun('alice', fresh)
    expect(await outcomeOf(fresh.finish(callback, state))).toBe('sign-in-invalid')
  })

  it('when the person said no', async () => {
    const { state, callback } = await begun(null)
    await expect(signIn.finish(callback, state)).rejects.toMatchObject({
      code: 'sign-in-denied',
      fields: { error: 'access_denied' },
    })
  })
})

describe('a provider in trouble', () => {
  it('keeps nobody from starting, and is asked again when it is back', async () => {
    await provider.goDown()
    const late = createOidcSignIn({ ...provider.client, clock })
    const begin = () => outcomeOf(late.begin({ redirectUri: REDIRECT_URI }))
    expect(await begin()).toBe('sign-in-unavailable')
    await provider.comeBack()
    const asked = provider.requests.length
    // Just after a failure it is left in peace.
    expect(await begin()).toBe('sign-in-unavailable')
    expect(provider.requests).toHaveLength(asked)
    clock.advance(5_000)
    expect(await begin()).toMatchObject({ state: { redirectUri: REDIRECT_URI } })
  })

  it('is asked once for all who wait', async () => {
    const fresh = createOidcSignIn({ ...provider.client, clock })
    const asked = provider.requests.length
    await Promise.all([1, 2, 3].map(() => fresh.begin({ redirectUri: REDIRECT_URI })))
    expect(provider.requests.slice(asked)).toEqual(['/.well-known/openid-configuration'])
  })

  it('may go down between the two halves', async () => {
    const { state, callback } = await begun()
    await provider.goDown()
    expect(await outcomeOf(signIn.finish(callback, state))).toBe('sign-in-unavailable')
    await provider.comeBack()
    expect(await signIn.finish(callback, state)).toEqual(ALICE)
  })

  it.each<[string, Parameters<typeof provider.meddle>[1]]>([
    ['says nothing', () => {}],
    ['is broken', (_, response) => response.writeHead(500).end('oops')],
    ['sends elsewhere', (_, response) => response.writeHead(302, { location: '/other' }).end()],
    ['sends no JSON', (_, response) => response.end('<html>')],
    [
      'is another',
      (_, response) =>
        response
          .setHeader('content-type', 'application/json')
          .end('{"issuer":"https://evil.test"}'),
    ],
    ['sends without end', (_, response) => response.end(Buffer.alloc(2_000_000, 0x20))],
  ])('does not let anyone in, and is given up in time: it %s', async (_, answer) => {
    const fresh = createOidcSignIn({ ...provider.client, clock, requestTimeoutMs: 200 })
    provider.meddle('/.well-known', answer)
    const begin = fresh.begin({ redirectUri: REDIRECT_URI })
    expect(await outcomeOf(begin)).toBe('sign-in-unavailable')
  })
})

it.each([
  ['http://provider.test', false],
  ['http://127.0.0.1.provider.test', false],
  ['http://10.0.0.1', false],
  ['ftp://127.0.0.1', false],
  ['https://provider.test', true],
  ['http://127.0.0.2:1', true],
  ['http://[::1]:1', true],
  ['http://localhost:1', true],
])('an issuer needs TLS or this machine: %s', (issuer, isFine) => {
  const create = () => createOidcSignIn({ issuer, clientId: 'veza', clock })
  if (isFine) expect(create).not.toThrow()
  else expect(create).toThrow(/needs https/)
})
