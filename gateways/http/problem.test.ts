import { expect, test } from 'vitest'

import { Refusal } from '#events/refusal.ts'
import { UNLIMITED } from '#gateways/kernel/rate-limits/meter.ts'
import { rateLimited } from '#gateways/kernel/rate-limits/refusal.ts'

import { problemReply, statusOf } from '#gateways/http/problem.ts'

const asked = { id: 'r-1', authorization: '' }
const bodyOf = (refusal: Refusal) => JSON.parse(problemReply(refusal, asked).body)

const STATUSES: readonly (readonly [number, string])[] = [
  [400, 'invalid-body invalid-cursor sign-in-invalid anything-else'],
  [401, 'unauthenticated login-incorrect mfa-required mfa-code-incorrect sign-in-denied'],
  [401, 'token-expired token-tampered token-revoked refresh-token-invalid refresh-token-reused'],
  [403, 'forbidden mfa-enrolment-required insufficient-credits outside-token-scope not-yours'],
  [403, 'account-banned account-deleted account-purged account-expired'],
  [404, 'not-found no-such-account no-such-token no-such-line no-such-group unknown-kind'],
  [409, 'account-exists path-exists identity-taken already-reversed too-many no-free-slot'],
  [409, 'account-not-deleted mfa-on mfa-off group-deleted signing-key-exists'],
  [410, 'forgotten'],
  [413, 'body-too-large'],
  [422, 'password-too-short password-too-common idempotency-key-reused'],
  [429, 'locked-out rate-limited too-many-logins'],
  [502, 'sign-in-unavailable'],
  [503, 'busy login-queue-full no-signing-key'],
]

test.each(STATUSES)('%i: %s', (status, codes) => {
  for (const code of codes.split(' ')) expect([code, statusOf(code)]).toEqual([code, status])
})

test('tells what is safe of a refusal’s fields, and nothing else', () => {
  const fields = { needBytes: 5, haveBytes: 3, section: 'mp3', kid: 'secret', status: 'mine' }
  expect(bodyOf(new Refusal('insufficient-credits', 'Not enough credits.', fields))).toEqual({
    type: 'about:blank',
    title: 'Not enough credits.',
    status: 403,
    code: 'insufficient-credits',
    request_id: 'r-1',
    need_bytes: 5,
    have_bytes: 3,
    section: 'mp3',
  })
})

test('says when to come back', () => {
  const locked = new Refusal('locked-out', 'Locked.', { retryAfterMs: 61_001 })
  expect(problemReply(locked, asked).headers).toEqual({ 'Retry-After': '62' })
  const verdict = {
    ...UNLIMITED,
    isAllowed: false,
    limit: 10,
    windowMs: 60_000,
    remaining: 0,
    resetMs: 59_001,
    retryAfterMs: 5_500,
  }
  expect(problemReply(rateLimited('api_read', verdict), asked).headers).toEqual({
    'Retry-After': '6',
    RateLimit: '"api_read";r=0;t=60',
    'RateLimit-Policy': '"api_read";q=10;w=60',
  })
  expect(problemReply(new Refusal('rate-limited', 'Slow down.'), asked).headers).toEqual({})
})

test('does not tell what is wrong with a token, except that its time is over', () => {
  for (const code of ['token-tampered', 'token-unknown-key', 'token-revoked', 'token-malformed']) {
    expect(bodyOf(new Refusal(code, `It is ${code}.`))).toMatchObject({
      code: 'unauthenticated',
      title: 'The token is not valid.',
      status: 401,
    })
  }
  expect(bodyOf(new Refusal('token-expired', 'Old.'))).toMatchObject({ code: 'token-expired' })
})
