import { createHmac, generateKeyPairSync, randomBytes, sign as signWith } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import type { Clock } from '#events/clock.ts'
import { createAccessTokens } from '#infra/tokens/access-tokens.ts'

import { askForUpgrade, sayByWebSocket } from '#test/conformance/attack-sockets.ts'
import { bearer, siteForEachTest, wordsOf } from '#test/conformance/attack.fixture.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

const here = siteForEachTest()

type Fields = Record<string, unknown>
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>

function partsOf(token: string) {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return { header, payload, signature }
}

/** A token of ours with something else in it, and the signature of before or another one. */
function changed({ header = {}, payload = {} }: { header?: Fields; payload?: Fields }) {
  const parts = partsOf(here.tokens.access)
  const signed = [
    encode({ ...decode(parts.header), ...header }),
    encode({ ...decode(parts.payload), ...payload }),
  ].join('.')
  return { signed, token: `${signed}.${parts.signature}` }
}

/** Signed with the site's own key: for another audience, by another issuer, at another time. */
function signedFor(change: { audience?: string; issuer?: string; clock?: Clock }) {
  const { signingKeys: keys, clock, ids } = here.site.system
  const stillStands = async () => true
  const signer = createAccessTokens({ keys, clock, ids, issuer: 'test', stillStands, ...change })
  const {
    iss: _,
    aud: __,
    iat: ___,
    exp: ____,
    jti: _____,
    ...claims
  } = decode(partsOf(here.tokens.access).payload)
  return signer.sign(claims as never)
}

/** The signature of a key of the attacker's own, which the header names or brings along. */
function ownKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    jwk: publicKey.export({ format: 'jwk' }),
    signed: (text: string) =>
      `${text}.${signWith(null, Buffer.from(text), privateKey).toString('base64url')}`,
  }
}

/** The public key as HMAC's secret: what a library falls for that believes the header. */
async function byPublicKey(): Promise<string> {
  const { text } = await here.site.ask('/.well-known/jwks.json')
  const [{ x }] = (JSON.parse(text) as { keys: [{ x: string }] }).keys
  const { signed } = changed({ header: { alg: 'HS256' } })
  const hmac = createHmac('sha256', Buffer.from(x, 'base64url')).update(signed)
  return `${signed}.${hmac.digest('base64url')}`
}

async function passwordChanged(): Promise<string> {
  const { status } = await here.site.ask('/api/v1/me/password', {
    method: 'POST',
    headers: bearer(here.tokens.access),
    body: { current: 'password', password: 'Quite another, 42' },
  })
  expect(status).toBe(204)
  return here.tokens.access
}

async function loggedOut(): Promise<string> {
  const body = { refresh_token: here.tokens.refresh }
  const { status } = await here.site.ask('/api/v1/auth/logout', { method: 'POST', body })
  expect(status).toBe(204)
  return here.tokens.access
}

function flipped(part: 'payload' | 'signature'): string {
  const parts = partsOf(here.tokens.access)
  const bytes = Buffer.from(parts[part], 'base64url')
  bytes[10]! ^= 1
  parts[part] = bytes.toString('base64url')
  return `${parts.header}.${parts.payload}.${parts.signature}`
}

const inSeconds = (ms: number) => Math.floor((here.site.clock.now() + ms) / 1_000)
const BAD: Readonly<Record<string, () => string | Promise<string>>> = {
  'for another audience': () => signedFor({ audience: 'another' }),
  'of another issuer': () => signedFor({ issuer: 'https://another.example' }),
  'with alg none and no signature': () => `${changed({ header: { alg: 'none' } }).signed}.`,
  'with alg None and the old signature': () => changed({ header: { alg: 'None' } }).token,
  'signed by HS256 with the public key': byPublicKey,
  'not yet valid': () => signedFor({ clock: createManualClock(here.site.clock.now() + 60_000) }),
  'with more time': () => changed({ payload: { exp: inSeconds(3_600_000) } }).token,
  'of another member': () => changed({ payload: { sub: 'root', name: 'root' } }).token,
  'with another role': () => changed({ payload: { role: 'administrator' } }).token,
  'with one bit of the payload changed': () => flipped('payload'),
  'with one bit of the signature changed': () => flipped('signature'),
  'without a signature': () => `${changed({}).signed}.`,
  'signed by an unknown key': () =>
    ownKey().signed(changed({ header: { kid: randomBytes(32).toString('base64url') } }).signed),
  'signed by another key than the one named': () => ownKey().signed(changed({}).signed),
  'that brings its key along': () => {
    const { jwk, signed } = ownKey()
    return signed(changed({ header: { jwk } }).signed)
  },
  'that names its key by path': () =>
    ownKey().signed(changed({ header: { kid: '../../dev/null' } }).signed),
  'that is no token': () => 'a.b.c',
  'that is a refresh token': () => here.tokens.refresh,
  'of a session that was logged out': loggedOut,
  'from before a change of password': passwordChanged,
}

/** How a request, an upgrade and a frame with a token are answered. */
async function answersTo(token: string) {
  const request = await here.site.ask('/api/v1/me', { headers: bearer(token) })
  const upgrade = await askForUpgrade(here.site.httpPort, bearer(token))
  const frame = { type: 'authenticate', id: 1, data: { token } }
  const socket = await sayByWebSocket(here.site.httpPort, frame)
  const said = socket.frame
  return {
    request: wordsOf(request),
    upgrade: wordsOf(upgrade),
    frame: { said, code: said.type === 'ack' ? 0 : await socket.closed() },
    end: () => socket.end(),
  }
}

const withoutConnections = async () =>
  (await here.site.facts('account', 'presence', 'lockout', 'room', 'signing')).map(({ id }) => id)

describe('a token that is good', () => {
  it('lets in by a request, an upgrade and a frame', async () => {
    const { request, upgrade, frame, end } = await answersTo(here.tokens.access)
    expect([request.status, upgrade.status, frame.said.type]).toEqual([200, 101, 'ack'])
    end()
  })
})

describe('a token', () => {
  it.each(Object.entries(BAD))(
    '%s is refused like any other, and nothing comes of it',
    async (_, make) => {
      const token = await make()
      const before = await withoutConnections()
      const { request, upgrade, frame } = await answersTo(token)
      const { request: plain, upgrade: plainUpgrade, frame: plainFrame } = await answersTo('x.y.z')
      expect(request).toEqual(plain)
      expect(upgrade).toEqual(plainUpgrade)
      expect(frame).toEqual(plainFrame)
      expect([request.status, upgrade.status, frame.said.type, frame.code]).toEqual([
        401,
        401,
        'error',
        4501,
      ])
      expect(await withoutConnections()).toEqual(before)
    },
  )

  it('that has expired is refused, and one that is expired and forged as forged', async () => {
    const root = changed({ payload: { sub: 'root' } }).token
    const late = here.tokens.access
    here.site.clock.advance(15 * 60_000 + 5_001)
    for (const token of [late, root]) {
      const { request, upgrade, frame } = await answersTo(token)
      expect([request.status, upgrade.status, frame.code]).toEqual([401, 401, 4501])
    }
    const forged = await answersTo(root)
    expect(forged.request).toEqual((await answersTo('x.y.z')).request)
  })
})
