import { type AccessClaims, TOKEN_LIMITS, type TokenMatch } from '#events/tokens.ts'

interface Entry {
  readonly claims: AccessClaims
  readonly kid: string
  readonly expiresAtMs: number
}

/** Verified tokens until they expire. Only what was verified may be put in. */
export interface TokenCache {
  get(token: string): AccessClaims | undefined
  /** Rises with each `forget`: a verification that began before one must not be kept. */
  epoch(): number
  put(token: string, kid: string, claims: AccessClaims): void
  forget(match: TokenMatch): void
  size(): number
}

/**
 * Tokens live equally long, so that the one put in first is (nearly) the first to expire: it
 * makes room when the cache is full.
 */
export function createTokenCache(options: {
  readonly now: () => number
  /** Whether the key is in force. */
  readonly isInForce: (kid: string) => boolean
  readonly limit: number
}): TokenCache {
  const { now, isInForce, limit } = options
  const entries = new Map<string, Entry>()
  let epoch = 0

  return {
    get(token) {
      const entry = entries.get(token)
      if (entry === undefined) return undefined
      if (entry.expiresAtMs > now() && isInForce(entry.kid)) return entry.claims
      entries.delete(token)
      return undefined
    },
    epoch: () => epoch,
    put(token, kid, claims) {
      const expiresAtMs = claims.exp * 1_000 + TOKEN_LIMITS.leewayMs
      entries.set(token, { claims, kid, expiresAtMs })
      for (const [oldest, { expiresAtMs: endMs }] of entries) {
        if (entries.size <= limit && endMs > now()) break
        entries.delete(oldest)
      }
    },
    forget(match) {
      epoch++
      const fields = Object.entries(match)
      // Nothing named must not mean everyone.
      if (fields.length === 0) return
      for (const [token, { claims }] of entries) {
        if (fields.every(([name, value]) => claims[name as keyof TokenMatch] === value)) {
          entries.delete(token)
        }
      }
    },
    size: () => entries.size,
  }
}
