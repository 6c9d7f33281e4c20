import { createHmac, createPrivateKey, sign as signBytes } from 'node:crypto'

import { beforeAll, describe, expect, it } from 'vitest'

import { createManualClock } from '#test/conformance/manual-clock.ts'
import { ALICE, createTokenSite, ISSUER, outcomeOf } from '#test/conformance/tokens.fixture.ts'
import { TOKEN_LIMITS } from '#events/tokens.ts'

const clock = createManualClock()
const site = await createTokenSite(clock)
const keys = await site.startKeys()
const tokens = site.tokensOf(keys)

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64url')
const nowSeconds = Math.floor(clock.now() / 1_000)
let good = ''
let kid = ''
let signRaw: (header: string, payload: string) => string

beforeAll(async () => {
  good = await tokens.sign(ALICE)
  kid = keys.current()!.kid
  const key = createPrivateKey({ key: { ...(await site.privateJwk(kid)) }, format: 'jwk' })
  signRaw = (header, payload) => {
    const signed = `${base64(header)}.${base64(payload)}`
    return `${signed}.${base64(signBytes(null, Buffer.from(signed), key))}`
  }
})

const header = (change: object = {}) =>
  JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid, ...change })
const payload = (change: object = {}) =>
  JSON.stringify({
    iss: ISSUER,
    aud: 'veza',
    ...ALICE,
    iat: nowSeconds,
    exp: nowSeconds + 900,
    jti: 'j1',
    ...change,
  })
const sameBytesElsewise = (token: string) => {
  // 64 bytes are 85 characters and 2 bits: the last character has 4 bits that say nothing.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return token.slice(0, -1) + letters[letters.indexOf(token.at(-1)!) ^ 1]!
}
const withFlipped = (token: string, part: number) => {
  const parts = token.split('.')
  const bytes = Buffer.from(parts[part]!, 'base64url')
  bytes[bytes.length >> 1]! ^= 1
  parts[part] = base64(bytes)
  return parts.join('.')
}

/** Each makes a token, and says what it is refused with. All but those marked are well signed. */
const ATTACKS: Record<string, readonly [make: () => unknown, code: string]> = {
  'alg none': [
    () => `${base64(header({ alg: 'none' }))}.${base64(payload())}.`,
    'token-wrong-algorithm',
  ],
  'alg none in other letters, with a signature': [
    () => signRaw(header({ alg: 'nOnE' }), payload()),
    'token-wrong-algorithm',
  ],
  'HS256 with the public key as the secret': [
    () => {
      const signed = `${base64(header({ alg: 'HS256' }))}.${base64(payload())}`
      const { x } = tokens.jwks().keys[0]!
      const mac = createHmac('sha256', Buffer.from(x, 'base64url')).update(signed).digest()
      return `${signed}.${base64(mac)}`
    },
    'token-wrong-algorithm',
  ],
  'ES256 named over our signature': [
    () => signRaw(header({ alg: 'ES256' }), payload()),
    'token-wrong-algorithm',
  ],
  'a list as alg': [() => signRaw(header({ alg: ['EdDSA'] }), payload()), 'token-wrong-algorithm'],
  'a kid nobody has': [
    () => signRaw(header({ kid: 'A'.repeat(43) }), payload()),
    'token-unknown-key',
  ],
  'a path as kid': [
    () => signRaw(header({ kid: '../../../dev/null' }), payload()),
    'token-unknown-key',
  ],
  'SQL as kid': [() => signRaw(header({ kid: "' OR 1=1 --" }), payload()), 'token-unknown-key'],
  'no kid': [() => signRaw('{"alg":"EdDSA","typ":"at+jwt"}', payload()), 'token-unknown-key'],
  'a bit of the payload': [() => withFlipped(good, 1), 'token-tampered'],
  'a bit of the signature': [() => withFlipped(good, 2), 'token-tampered'],
  'no signature': [() => `${good.split('.').slice(0, 2).join('.')}.`, 'token-malformed'],
  'another payload under the signature': [
    () => [good.split('.')[0], base64(payload({ sub: 'bob' })), good.split('.')[2]].join('.'),
    'token-tampered',
  ],
  'the same bytes spelled otherwise': [() => sameBytesElsewise(good), 'token-malformed'],
  expired: [
    () => signRaw(header(), payload({ iat: nowSeconds - 900, exp: nowSeconds - 6 })),
    'token-expired',
  ],
  'a long life': [
    () => signRaw(header(), payload({ iat: nowSeconds - 906, exp: nowSeconds + 9_999 })),
    'token-expired',
  ],
  'nbf to come': [() => signRaw(header(), payload({ nbf: nowSeconds + 6 })), 'token-not-yet-valid'],
  'iat to come': [() => signRaw(header(), payload({ iat: nowSeconds + 6 })), 'token-not-yet-valid'],
  'nbf as text': [() => signRaw(header(), payload({ nbf: 'now' })), 'token-malformed'],
  'another audience': [() => signRaw(header(), payload({ aud: 'shop' })), 'token-wrong-audience'],
  'no audience': [() => signRaw(header(), payload({ aud: undefined })), 'token-wrong-audience'],
  'ours among other audiences': [
    () => signRaw(header(), payload({ aud: ['shop', 'veza'] })),
    'token-wrong-audience',
  ],
  'another issuer': [() => signRaw(header(), payload({ iss: `${ISSUER}/` })), 'token-wrong-issuer'],
  'no exp': [() => signRaw(header(), payload({ exp: undefined })), 'token-malformed'],
  'exp as text': [() => signRaw(header(), payload({ exp: '9999999999' })), 'token-malformed'],
  'exp without end': [
    () => signRaw(header(), payload().replace(/"exp":\d+/, '"exp":1e999')),
    'token-malformed',
  ],
  'no session': [() => signRaw(header(), payload({ sid: undefined })), 'token-malformed'],
  'a claim of another make': [() => signRaw(header(), payload({ admin: true })), 'token-malformed'],
  'too long': [() => signRaw(header(), payload({ name: 'x'.repeat(8_192) })), 'token-malformed'],
  'a very long text': [() => 'a.'.repeat(1_000_000), 'token-malformed'],
  'a number': [() => 42, 'token-malformed'],
  null: [() => null, 'token-malformed'],
  'a list with a token in it': [() => [good], 'token-malformed'],
  'an object that reads as a token': [() => ({ toString: () => good }), 'token-malformed'],
  'empty text': [() => '', 'token-malformed'],
  crit: [
    () => signRaw(header({ crit: ['exp'], exp: nowSeconds + 900 }), payload()),
    'token-malformed',
  ],
  'a key of its own': [
    () => signRaw(header({ jwk: tokens.jwks().keys[0] }), payload()),
    'token-malformed',
  ],
  'an address of keys': [
    () => signRaw(header({ jku: 'https://evil.test/jwks' }), payload()),
    'token-malformed',
  ],
  'a token of another type': [() => signRaw(header({ typ: 'JWT' }), payload()), 'token-malformed'],
  'alg twice': [
    () => signRaw(header().replace('{', '{"alg":"none",'), payload()),
    'token-malformed',
  ],
  'sub twice': [
    () => signRaw(header(), payload().replace('{', '{"sub":"root",')),
    'token-malformed',
  ],
  padding: [() => `${good}==`, 'token-malformed'],
  'a line break': [() => `${good}\n`, 'token-malformed'],
  'a blank in front': [() => ` ${good}`, 'token-malformed'],
  'base64 that is not for addresses': [
    () =>
      signRaw(header(), payload({ name: '???>>>' }))
        .replaceAll('_', '/')
        .replaceAll('-', '+'),
    'token-malformed',
  ],
  'a fourth part': [() => `${good}.${base64('{}')}`, 'token-malformed'],
  'an encrypted token': [() => `${good}.AA.AA`, 'token-malformed'],
  'no JSON': [() => signRaw('EdDSA', payload()), 'token-malformed'],
  'a list as payload': [() => signRaw(header(), '[]'), 'token-malformed'],
  'null as header': [() => signRaw('null', payload()), 'token-malformed'],
}

describe('a token that is not ours', () => {
  it.each(Object.entries(ATTACKS))('is refused: %s', async (_, [make, code]) => {
    const token = make()
    expect(await outcomeOf(tokens.verify(token))).toBe(code)
    expect(tokens.verifyCached(token as string)).toBeUndefined()
    // Still so when our own token is remembered.
    await tokens.verify(good)
    expect(await outcomeOf(tokens.verify(token))).toBe(code)
  })

  it('is refused in the same words whatever is wrong', async () => {
    const words = await Promise.all(
      Object.values(ATTACKS).map(([make]) =>
        tokens.verify(make()).catch((cause: Error) => cause.message),
      ),
    )
    expect(new Set(words)).toEqual(new Set(['The access token is not valid.']))
  })

  it('differs from ours: what the table is made with passes when nothing is wrong', async () => {
    expect(await tokens.verify(signRaw(header(), payload()))).toEqual({
      ...ALICE,
      iat: nowSeconds,
      exp: nowSeconds + TOKEN_LIMITS.lifeMs / 1_000,
      jti: 'j1',
    })
    const alsoEarly = signRaw(header(), payload({ nbf: nowSeconds + 5, iat: nowSeconds + 5 }))
    expect(await tokens.verify(alsoEarly)).toMatchObject({ sub: 'alice' })
  })

  it('of another site or for another service is refused', async () => {
    const other = site.tokensOf(keys, { issuer: 'https://other.test' })
    const shop = site.tokensOf(keys, { audience: 'shop' })
    expect(await outcomeOf(other.verify(good))).toBe('token-wrong-issuer')
    expect(await outcomeOf(shop.verify(good))).toBe('token-wrong-audience')
  })
})
