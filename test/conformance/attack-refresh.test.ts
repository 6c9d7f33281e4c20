import { describe, expect, it } from 'vitest'

import {
  bearer,
  openSession,
  siteForEachTest,
  type Tokens,
  tokensIn,
  wordsOf,
} from '#test/conformance/attack.fixture.ts'

const here = siteForEachTest()

const refresh = (token: string) =>
  here.site.ask('/api/v1/auth/refresh', { method: 'POST', body: { refresh_token: token } })

async function refreshed(token: string): Promise<Tokens> {
  const { status, text } = await refresh(token)
  expect(status).toBe(200)
  return tokensIn(text)
}

const mayUse = async ({ access }: Tokens) =>
  (await here.site.ask('/api/v1/me', { headers: bearer(access) })).status

const typesOf = async (session: string) =>
  (await here.site.facts('presence'))
    .filter(({ data }) => (data as { session?: string }).session === session)
    .map(({ type }) => type)

describe('a refresh token that comes a second time', () => {
  it('ends its session, with all that came of it, and no other', async () => {
    const [other, bobs] = [
      await openSession(here.site, 'alice'),
      await openSession(here.site, 'bob'),
    ]
    const second = await refreshed(here.tokens.refresh)
    const third = await refreshed(second.refresh)
    expect(await mayUse(third)).toBe(200)

    const { status, text } = await refresh(second.refresh)
    expect([status, JSON.parse(text)]).toMatchObject([401, { code: 'refresh-token-reused' }])
    expect((await refresh(third.refresh)).status).toBe(401)
    for (const each of [here.tokens, second, third]) expect(await mayUse(each)).toBe(401)
    for (const each of [other, bobs]) {
      expect(await mayUse(each)).toBe(200)
      expect(await mayUse(await refreshed(each.refresh))).toBe(200)
    }
    expect(await typesOf(here.tokens.session)).toEqual([
      'presence.session-opened',
      'presence.session-refreshed',
      'presence.session-refreshed',
      'presence.token-reused',
      'presence.session-ended',
    ])
  })

  it('at the same time, 20 times, is good once, and what it gave is dead', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => refresh(here.tokens.refresh)),
    )
    const good = answers.filter(({ status }) => status === 200)
    expect(good).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19)
    const winner = tokensIn(good[0]!.text)
    expect(await mayUse(winner)).toBe(401)
    expect((await refresh(winner.refresh)).status).toBe(401)
    expect(await typesOf(here.tokens.session)).toEqual([
      'presence.session-opened',
      'presence.session-refreshed',
      'presence.token-reused',
      'presence.session-ended',
    ])
  })
})

describe('a refresh token that was made up', () => {
  const secret = 'A'.repeat(43)
  const nobodys = '01890000-0000-7000-8000-000000000000'
  const forged: Readonly<Record<string, (bobs: Tokens) => string>> = {
    'with another member’s name': ({ refresh: token }) => token.replace('vr_bob.', 'vr_alice.'),
    'with nobody’s name': ({ refresh: token }) => token.replace('vr_bob.', 'vr_nobody.'),
    'with another’s session': ({ refresh: token, session }) =>
      token.replace(session, here.tokens.session),
    'of a session that is not there': () => `vr_alice.${nobodys}.${secret}`,
    'with a name that objects have': () => `vr_constructor.${nobodys}.${secret}`,
    'with garbage': () => 'vr_\u0000\ud800..'.repeat(20),
    'that is an access token’s length': () => `vr_alice.${nobodys}.${'A'.repeat(200)}`,
    'that is nothing but a secret': () => secret,
  }
  const harmless = ['with another member’s name', 'with nobody’s name', 'with another’s session']

  it.each(Object.entries(forged))('%s ends nothing and opens nothing', async (_, make) => {
    const bobs = await openSession(here.site, 'bob')
    const before = await here.site.facts('presence', 'account')
    const { status } = await refresh(make(bobs))
    expect([400, 401]).toContain(status)
    expect(await here.site.facts('presence', 'account')).toEqual(before)
    for (const each of [here.tokens, bobs])
      expect(await mayUse(await refreshed(each.refresh))).toBe(200)
  })

  it('is answered the same whoever’s name is in it', async () => {
    const bobs = await openSession(here.site, 'bob')
    const answers = await Promise.all(
      harmless.map(async (name) => wordsOf(await refresh(forged[name]!(bobs)))),
    )
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1)
  })

  it('of 64 KiB and more is refused unread', async () => {
    expect((await refresh('A'.repeat(60 * 1_024))).status).toBe(400)
    expect((await refresh('A'.repeat(64 * 1_024))).status).toBe(413)
    expect(await mayUse(await refreshed(here.tokens.refresh))).toBe(200)
  })

  /** Ids of sessions stand in the audit: who may read it must not end them by that. */
  it('around the id of a session is no theft, whosever tag is on it', async () => {
    const bobs = await openSession(here.site, 'bob')
    const [tag, bobsTag] = [here.tokens, bobs].map(({ refresh: token }) => token.split('.')[3])
    for (const each of [tag, bobsTag, 'A'.repeat(22)]) {
      const made = `vr_alice.${here.tokens.session}.${secret}`
      for (const token of [made, `${made}.${each}`]) {
        const { status, text } = await refresh(token)
        expect([status, JSON.parse(text)]).toMatchObject([401, { code: 'refresh-token-invalid' }])
      }
    }
    expect(await typesOf(here.tokens.session)).toEqual(['presence.session-opened'])
    expect(await mayUse(here.tokens)).toBe(200)
  })
})

it('a logout ends the session for its access token, and for its refresh token', async () => {
  const body = { refresh_token: here.tokens.refresh }
  expect(await mayUse(here.tokens)).toBe(200)
  expect((await here.site.ask('/api/v1/auth/logout', { method: 'POST', body })).status).toBe(204)
  expect([await mayUse(here.tokens), (await refresh(here.tokens.refresh)).status]).toEqual([
    401, 401,
  ])
})
