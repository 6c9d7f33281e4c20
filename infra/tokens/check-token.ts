import { errors, jwtVerify } from 'jose'
import { z } from 'zod'

import { Refusal } from '#events/refusal.ts'
import { type AccessClaims, TOKEN_LIMITS, TOKEN_REFUSALS } from '#events/tokens.ts'

import type { LoadedKey } from '#infra/tokens/loaded-keys.ts'

type Code = (typeof TOKEN_REFUSALS)[keyof typeof TOKEN_REFUSALS]

/** The type of an access token in its header (RFC 9068 section 2.1): no other JWT passes for one. */
export const TOKEN_TYPE = 'at+jwt'
export const TOKEN_ALGORITHM = 'EdDSA'

/** The header of our own tokens has these and nothing else: neither `crit` nor a key of its own. */
const header = z.strictObject({
  alg: z.literal(TOKEN_ALGORITHM),
  typ: z.literal(TOKEN_TYPE),
  // A thumbprint (RFC 7638): 32 bytes in base64url.
  kid: z.string().regex(/^[\w-]{43}$/),
})

const text = z.string().min(1)
const seconds = z.number().int().nonnegative()

const payload = z.strictObject({
  iss: text,
  aud: text,
  sub: text,
  name: text,
  role: text,
  sid: text,
  cred: text,
  scopes: z.array(text).optional(),
  mfa: z.boolean(),
  iat: seconds,
  nbf: seconds.optional(),
  exp: seconds,
  jti: text,
})

export function tokenRefusal(code: Code, cause?: unknown): Refusal<Code> {
  const refusal = new Refusal(code, 'The access token is not valid.')
  if (cause !== undefined) refusal.cause = cause
  return refusal
}

/**
 * The kid in the token's header. Throws a `Refusal` for what is no token, or one of another
 * make. The one spelling of a token that is taken is ours: no padding, no spare bits.
 */
export function kidOf(token: unknown): string {
  if (typeof token !== 'string' || token.length > TOKEN_LIMITS.tokenLength) {
    throw tokenRefusal(TOKEN_REFUSALS.malformed)
  }
  const parts = token.split('.')
  if (parts.length !== 3) throw tokenRefusal(TOKEN_REFUSALS.malformed)
  const fields = parseCanonical(parts[0]!)
  if (isRecord(fields) && fields['alg'] !== TOKEN_ALGORITHM) {
    throw tokenRefusal(TOKEN_REFUSALS.wrongAlgorithm)
  }
  if (!parts.every((part) => part !== '' && isCanonicalBase64(part))) {
    throw tokenRefusal(TOKEN_REFUSALS.malformed)
  }
  const parsed = header.safeParse(fields)
  if (parsed.success) return parsed.data.kid
  const isAboutKid = parsed.error.issues.every(({ path }) => path[0] === 'kid')
  throw tokenRefusal(isAboutKid ? TOKEN_REFUSALS.unknownKey : TOKEN_REFUSALS.malformed)
}

/** Checks signature and claims. Rejects with a `Refusal` of `TOKEN_REFUSALS`. */
export async function checkToken(
  token: string,
  key: LoadedKey,
  expected: { readonly issuer: string; readonly audience: string; readonly nowMs: number },
): Promise<AccessClaims> {
  try {
    await jwtVerify(token, key.verifyKey, {
      algorithms: [TOKEN_ALGORITHM],
      typ: TOKEN_TYPE,
      issuer: expected.issuer,
      audience: expected.audience,
      currentDate: new Date(expected.nowMs),
      clockTolerance: TOKEN_LIMITS.leewayMs / 1_000,
      maxTokenAge: TOKEN_LIMITS.lifeMs / 1_000,
      requiredClaims: ['exp', 'iat'],
    })
  } catch (cause) {
    throw cause instanceof errors.JOSEError ? tokenRefusal(codeOf(cause), cause) : cause
  }
  const fields = parseCanonical(token.split('.')[1]!)
  // Those of ours name one audience; a list would let a token serve several.
  if (isRecord(fields) && Array.isArray(fields['aud'])) {
    throw tokenRefusal(TOKEN_REFUSALS.wrongAudience)
  }
  const parsed = payload.safeParse(fields)
  if (!parsed.success) throw tokenRefusal(TOKEN_REFUSALS.malformed, parsed.error)
  const { iss: _iss, aud: _aud, nbf: _nbf, scopes, ...claims } = parsed.data
  return Object.freeze(scopes === undefined ? claims : { ...claims, scopes: Object.freeze(scopes) })
}

const CODES: Readonly<Record<string, Code>> = {
  ERR_JWT_EXPIRED: TOKEN_REFUSALS.expired,
  ERR_JOSE_ALG_NOT_ALLOWED: TOKEN_REFUSALS.wrongAlgorithm,
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: TOKEN_REFUSALS.tampered,
}

const CLAIM_CODES: Readonly<Record<string, Code>> = {
  aud: TOKEN_REFUSALS.wrongAudience,
  iss: TOKEN_REFUSALS.wrongIssuer,
  nbf: TOKEN_REFUSALS.notYetValid,
  iat: TOKEN_REFUSALS.notYetValid,
}

function codeOf(cause: errors.JOSEError): Code {
  if (cause instanceof errors.JWTClaimValidationFailed) {
    const isTime = cause.claim === 'nbf' || cause.claim === 'iat'
    if (isTime && cause.reason !== 'check_failed') return TOKEN_REFUSALS.malformed
    return CLAIM_CODES[cause.claim] ?? TOKEN_REFUSALS.malformed
  }
  return CODES[cause.code] ?? TOKEN_REFUSALS.malformed
}

/** JSON as `JSON.stringify` writes it, so that no key stands twice; undefined for anything else. */
function parseCanonical(part: string): unknown {
  const json = Buffer.from(part, 'base64url').toString()
  try {
    const value: unknown = JSON.parse(json)
    return JSON.stringify(value) === json ? value : undefined
  } catch {
    // What is no JSON is refused by whoever looks at the value.
    return undefined
  }
}

function isCanonicalBase64(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
