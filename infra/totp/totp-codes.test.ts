import { generateSync } from 'otplib'
import { describe, expect, it } from 'vitest'

import { createTotpCodes } from '#infra/totp/totp-codes.ts'

const codes = createTotpCodes()
/** `12345678901234567890` in base32: the secret of RFC 6238 appendix B. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

describe('a code from an authenticator', () => {
  // RFC 6238 appendix B, SHA-1, the last six of eight digits.
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at %i s is %s', (seconds, code) => {
    expect(codes.verify(SECRET, code, seconds * 1_000)).toBe(Math.floor(seconds / 30))
  })

  // 287082 belongs to step 1: 30 s to 60 s.
  it.each([
    [0, 1],
    [29_999, 1],
    [30_000, 1],
    [60_000, 1],
    [89_999, 1],
    [90_000, undefined],
    [1_111_111_109_000, undefined],
  ])('passes one step early or late: at %i ms', (atMs, step) => {
    expect(codes.verify(SECRET, '287082', atMs)).toBe(step)
  })

  it('passes once, and none before it passes after it', () => {
    const codeOf = (step: number) => generateSync({ secret: SECRET, epoch: step * 30 })
    const atMs = 1_000 * 30_000
    const step = codes.verify(SECRET, codeOf(1_000), atMs)!
    expect(step).toBe(1_000)
    expect(codes.verify(SECRET, codeOf(1_000), atMs, step)).toBeUndefined()
    expect(codes.verify(SECRET, codeOf(999), atMs, step)).toBeUndefined()
    expect(codes.verify(SECRET, codeOf(1_001), atMs, step)).toBe(1_001)
    expect(codes.verify(SECRET, codeOf(1_001), atMs, 1_001)).toBeUndefined()
    // The clock was set back by an hour.
    expect(codes.verify(SECRET, codeOf(880), atMs - 3_600_000, step)).toBeUndefined()
  })

  it.each(['', '28708', '2870821', '28708a', '２８７０８２', '-87082', '287082\n1', 'constructor'])(
    'is six digits, and not %j',
    (code) => expect(codes.verify(SECRET, code, 59_000)).toBeUndefined(),
  )

  it('may be spaced as authenticators show it', () => {
    expect(codes.verify(SECRET, '287 082', 59_000)).toBe(1)
  })
})

describe('a secret', () => {
  it('has 160 bits, and is another one each time', () => {
    const made = Array.from({ length: 20 }, () => codes.newSecret())
    for (const secret of made) expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(new Set(made).size).toBe(20)
  })

  it('goes to the authenticator as an address', () => {
    const uri = new URL(codes.uri('al:ice & co', 'My Site', SECRET))
    expect(uri.protocol + uri.host).toBe('otpauth:totp')
    expect(decodeURIComponent(uri.pathname)).toBe('/My Site:al ice & co')
    expect(Object.fromEntries(uri.searchParams)).toMatchObject({
      secret: SECRET,
      issuer: 'My Site',
    })
  })
})

describe('recovery codes', () => {
  it('are ten, readable, and all different', () => {
    const { codes: made, hashes } = codes.newRecoveryCodes()
    expect(new Set(made).size).toBe(10)
    for (const code of made)
      expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/)
    expect(made.map((code) => codes.findRecoveryCode(hashes, code))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ])
    expect(hashes.join()).not.toContain(made[0]!.replaceAll('-', ''))
  })

  it('hold all 80 bits', () => {
    const made = (hex: string) =>
      createTotpCodes({ random: () => Buffer.from(hex, 'hex') }).newRecoveryCodes().codes[0]
    expect(made('00000000000000000000')).toBe('0000-0000-0000-0000')
    expect(made('ffffffffffffffffffff')).toBe('zzzz-zzzz-zzzz-zzzz')
    expect(made('80000000000000000001')).toBe('g000-0000-0000-0001')
  })

  it('are found however they are typed, and nothing else is', () => {
    const { codes: made, hashes } = createTotpCodes({
      random: () => Buffer.from('00443214c74254b635cf', 'hex'),
    }).newRecoveryCodes()
    expect(made[0]).toBe('0123-4567-89ab-cdef')
    const typed = made[0]!.toUpperCase().replaceAll('-', ' ').replace('0', 'O').replace('1', 'l')
    expect(codes.findRecoveryCode(hashes.slice(0, 1), typed)).toBe(0)
    expect(codes.findRecoveryCode(['', 'zz', 'ab'], made[0]!)).toBeUndefined()
    for (const wrong of [
      '',
      '0000-0000-0000-0000',
      made[0]!.slice(1),
      `${made[0]}0`,
      hashes[0]!,
      'u'.repeat(16),
      '0'.repeat(1_000_000),
    ]) {
      expect(codes.findRecoveryCode(hashes, wrong)).toBeUndefined()
    }
  })
})
