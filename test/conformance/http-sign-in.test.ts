import { once } from 'node:events'
import { get } from 'node:http'

import { generateSync } from 'otplib'
import { afterEach, beforeEach, expect, it } from 'vitest'

import type { AccountContext } from '#actors/account/account.commands.ts'
import { memberSubject } from '#events/seals.ts'
import type { SignInSite } from '#gateways/members/sign-in.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createOidcSignIn } from '#infra/oidc/oidc-sign-in.ts'
import { basic, type HttpTestServer, startHttp } from '#test/conformance/http-server.ts'
import { REDIRECT_URI, signInAs, startOidcProvider } from '#test/conformance/oidc.fixture.ts'
import { createTestSystem } from '#test/harness.ts'

let provider: Awaited<ReturnType<typeof startOidcProvider>>
let server: HttpTestServer

async function start(allowsSignUp: boolean) {
  provider = await startOidcProvider()
  const site: SignInSite = {
    provider: createOidcSignIn({ ...provider.client, clock: systemClock }),
    allowsSignUp,
    group: 'NEWCOMERS',
  }
  const system = await createTestSystem({ signInSites: new Map([['test', site]]) })
  // Where the provider sends its browsers: it does not know the port of this test.
  server = await startHttp({
    system: { ...system, siteUrl: new URL(REDIRECT_URI).origin as never },
  })
}
beforeEach(() => start(false))
afterEach(async () => {
  await server.stop()
  await provider.goDown()
})

const at = (path: string) => `http://127.0.0.1:${server.port}${path}`
const cookieOf = (response: Response) => response.headers.getSetCookie()[0]!.split(';')[0]!

const linking = (name: string) => ({
  method: 'POST',
  headers: { authorization: basic(name), 'content-type': 'application/json' },
  body: JSON.stringify({ provider: 'test' }),
})

async function comeBack(location: string, cookie: string) {
  const { pathname, search } = new URL(location)
  const response = await fetch(at(pathname + search), { headers: { cookie } })
  return { status: response.status, body: (await response.json()) as Record<string, any>, response }
}

async function signIn(login: string) {
  const begun = await fetch(at('/api/v1/auth/oidc/test/start'), { redirect: 'manual' })
  expect(begun.status).toBe(302)
  const location = await signInAs(login, begun.headers.get('location')!)
  return await comeBack(location, cookieOf(begun))
}

async function link(login: string) {
  const begun = await fetch(at('/api/v1/me/identities'), linking('alice'))
  const { url } = (await begun.json()) as { url: string }
  return await comeBack(await signInAs(login, url), cookieOf(begun))
}

const account = () => server.system.host.state<AccountContext>({ kind: 'account', id: 'alice' })

it('says by which sites one can sign in', async () => {
  const response = await fetch(at('/api/v1/auth/oidc'))
  expect(await response.json()).toEqual({ items: [{ provider: 'test' }] })
})

it('lets in by an identity that was linked, and no longer when it is taken away', async () => {
  expect(await signIn('alice-at-provider')).toMatchObject({
    status: 403,
    body: { code: 'identity-not-linked' },
  })
  expect((await link('alice-at-provider')).body).toEqual({ linked: 'alice' })
  const { status, body, response } = await signIn('alice-at-provider')
  expect(status).toBe(200)
  expect(body.user).toEqual({ id: 'alice', username: 'alice', role: 'user' })
  expect(response.headers.getSetCookie()[0]).toContain('Max-Age=0')
  const me = await fetch(at('/api/v1/members/alice'), {
    headers: { authorization: `Bearer ${body.access_token}` },
  })
  // The fixture has no read models: who is asked for is not found, but who asks is known.
  expect(me.status).not.toBe(401)
  const [identity] = Object.keys((await account()).context.identities)
  const gone = await fetch(at(`/api/v1/me/identities/${identity}`), {
    method: 'DELETE',
    headers: { authorization: basic('alice') },
  })
  expect(gone.status).toBe(204)
  expect((await signIn('alice-at-provider')).status).toBe(403)
})

it('gives an identity to one account alone', async () => {
  await link('shared')
  const begun = await fetch(at('/api/v1/me/identities'), linking('bob'))
  const { url } = (await begun.json()) as { url: string }
  const outcome = await comeBack(await signInAs('shared', url), cookieOf(begun))
  expect(outcome).toMatchObject({ status: 409, body: { code: 'identity-taken' } })
})

it('links nothing for who began it and is out since', async () => {
  const begun = await fetch(at('/api/v1/me/identities'), linking('alice'))
  const { url } = (await begun.json()) as { url: string }
  const location = await signInAs('thief', url)
  const { host, ids } = server.system
  await host.send(
    { kind: 'account', id: 'alice' },
    { type: 'account.set-password', credential: '01890000-0000-4000-8000-000000000000' } as never,
    { by: 'alice', connection: null, commandId: ids.next() },
  )
  expect(await comeBack(location, cookieOf(begun))).toMatchObject({
    status: 400,
    body: { code: 'sign-in-expired' },
  })
  expect((await signIn('thief')).status).toBe(403)
})

it('lets nobody in by an identity that the account does not show', async () => {
  const { host, ids } = server.system
  const context = () => ({ by: 'alice', connection: null, commandId: ids.next() })
  for (let index = 0; index < 10; index++) {
    const command = { type: 'account.link-identity', provider: 'test', identity: `i${index}` }
    await host.send({ kind: 'account', id: 'alice' }, command, context())
  }
  expect(await link('one too many')).toMatchObject({ body: { code: 'too-many' } })
  expect((await signIn('one too many')).status).toBe(403)
})

it('tells the audit from where an identity was linked, and taken away', async () => {
  await link('alice-at-provider')
  const [identity] = Object.keys((await account()).context.identities)
  const headers = { authorization: basic('alice') }
  await fetch(at(`/api/v1/me/identities/${identity}`), { method: 'DELETE', headers })
  const facts = await Array.fromAsync(server.system.log.readStream('account-alice'))
  const metas = facts.filter(({ type }) => /identity/.test(type)).map(({ meta }) => meta)
  expect(metas).toHaveLength(2)
  for (const { connection } of metas) {
    const opened = await Array.fromAsync(server.system.log.readStream(`connection-${connection}`))
    expect(opened.map(({ type }) => type)).toContain('connection.authenticated')
  }
})

it('is not begun at a host that is none', async () => {
  const plain = await startHttp()
  const headers = { host: 'a b' }
  const path = '/api/v1/auth/oidc/test/start'
  const [response] = await once(get({ port: plain.port, path, headers }), 'response')
  response.resume()
  await plain.stop()
  expect(response.statusCode).toBe(404)
})

it('asks for the second factor of an account that has one', async () => {
  await link('alice-at-provider')
  const { secondFactor, ids, clock } = server.system
  const own = () => ({ by: 'alice', connection: null, commandId: ids.next() })
  const { secret } = await secondFactor.begin('alice', own())
  const code = (step: number) =>
    generateSync({ secret, epoch: Math.floor(clock.now() / 1_000) + step * 30 })
  await secondFactor.confirm(await account(), code(0), own())
  const { body } = await signIn('alice-at-provider')
  expect(body).toEqual({ mfa_required: true, pending: expect.any(String) })
  const complete = async (text: string) => {
    const response = await fetch(at('/api/v1/auth/oidc/complete'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pending: body.pending, code: text }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, any> }
  }
  expect((await complete('000000')).status).toBe(401)
  expect(await complete(code(1))).toMatchObject({ status: 200, body: { user: { id: 'alice' } } })
})

it('takes no answer without its cookie, with another’s, twice, or for another site', async () => {
  await link('alice-at-provider')
  const begin = () => fetch(at('/api/v1/auth/oidc/test/start'), { redirect: 'manual' })
  const [one, other] = [await begin(), await begin()]
  const location = await signInAs('alice-at-provider', one.headers.get('location')!)
  const statuses = []
  for (const cookie of ['', 'veza_sign_in=v1.x.y.z', cookieOf(other)]) {
    statuses.push((await comeBack(location, cookie)).status)
  }
  expect(statuses).toEqual([400, 400, 400])
  expect((await comeBack(location, cookieOf(one))).status).toBe(200)
  expect((await comeBack(location, cookieOf(one))).status).toBe(400)
})

it('makes an account for whom nobody knows, where the site wants that', async () => {
  await server.stop()
  await provider.goDown()
  await start(true)
  const { body } = await signIn('carol')
  expect(body.user).toEqual({ id: 'thecarol', username: 'Thecarol', role: 'user' })
  const { context } = await server.system.host.state<AccountContext>({
    kind: 'account',
    id: 'thecarol',
  })
  expect(context).toMatchObject({ group: 'NEWCOMERS', flags: '3' })
  const email = await server.system.seals.unseal(memberSubject('thecarol'), 'email', context.email!)
  expect(email).toBe('carol@provider.test')
  expect((await signIn('carol')).body.user.id).toBe('thecarol')
})
