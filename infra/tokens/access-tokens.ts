import { SignJWT } from 'jose'

import type { Clock, Ids } from '#events/clock.ts'
import { Refusal } from '#events/refusal.ts'
import {
  type AccessClaims,
  type AccessTokens,
  NO_SIGNING_KEY,
  TOKEN_LIMITS,
  TOKEN_REFUSALS,
} from '#events/tokens.ts'

import {
  checkToken,
  kidOf,
  TOKEN_ALGORITHM,
  TOKEN_TYPE,
  tokenRefusal,
} from '#infra/tokens/check-token.ts'
import type { SigningKeys } from '#infra/tokens/signing-keys.ts'
import { createTokenCache } from '#infra/tokens/token-cache.ts'

export interface AccessTokensOptions {
  readonly keys: Pick<SigningKeys, 'current' | 'find' | 'findSoon' | 'published'>
  readonly clock: Clock
  readonly ids: Ids
  /** The site: its address or name. */
  readonly issuer: string
  /** Default `veza`. */
  readonly audience?: string
  /** Verified tokens remembered at most. Default 10,000. */
  readonly cacheLimit?: number
  /**
   * Asked once for each token, after all else: false when its session has ended or its
   * credential was replaced. Whoever makes the answer change has to call `forget`.
   */
  readonly stillStands: (claims: AccessClaims) => Promise<boolean>
}

export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { keys, clock, ids, issuer, audience = 'veza', cacheLimit = 10_000 } = options
  const cache = createTokenCache({
    now: () => clock.now(),
    isInForce: (kid) => keys.find(kid) !== undefined,
    limit: cacheLimit,
  })

  async function check(token: string, kid: string): Promise<AccessClaims> {
    const epoch = cache.epoch()
    const key = await keys.findSoon(kid)
    if (key === undefined) throw tokenRefusal(TOKEN_REFUSALS.unknownKey)
    const claims = await checkToken(token, key, { issuer, audience, nowMs: clock.now() })
    if (!(await options.stillStands(claims))) throw tokenRefusal(TOKEN_REFUSALS.revoked)
    // What was forgotten meanwhile may have been this very token.
    if (cache.epoch() === epoch) cache.put(token, kid, claims)
    return claims
  }

  return {
    async sign({ sub, name, role, sid, cred, scopes, mfa }) {
      const key = keys.current()
      if (key?.privateKey === undefined) {
        throw new Refusal(NO_SIGNING_KEY, 'Nobody can be let in now; try again soon.')
      }
      const iat = Math.floor(clock.now() / 1_000)
      const claims = { name, role, sid, cred, mfa, ...(scopes && { scopes }) }
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE, kid: key.kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(sub)
        .setJti(ids.next())
        .setIssuedAt(iat)
        .setExpirationTime(iat + TOKEN_LIMITS.lifeMs / 1_000)
        .sign(key.privateKey)
      if (token.length > TOKEN_LIMITS.tokenLength) throw new RangeError('the token is too long')
      return token
    },
    async verify(token) {
      const known = typeof token === 'string' ? cache.get(token) : undefined
      return known ?? (await check(token as string, kidOf(token)))
    },
    verifyCached: (token) => cache.get(token),
    jwks: () => ({
      keys: keys.published().map(({ kid, publicKey: { crv, x } }) => ({
        kty: 'OKP',
        crv,
        x,
        kid,
        alg: TOKEN_ALGORITHM,
        use: 'sig',
      })),
    }),
    forget: (match) => cache.forget(match),
  }
}
