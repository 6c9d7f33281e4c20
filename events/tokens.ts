/** What an access token says. Times are in seconds since 1970, as RFC 7519 has them. */
export interface AccessClaims {
  /** The account's id. */
  readonly sub: string
  readonly name: string
  readonly role: string
  /** The session it was given to; ending the session makes it void. */
  readonly sid: string
  /** The credential at the time: after a change of password the token is void. */
  readonly cred: string
  /** What it is limited to. Without it, everything that the member may do. */
  readonly scopes?: readonly string[]
  /** Whether the member proved a second factor. */
  readonly mfa: boolean
  readonly iat: number
  readonly exp: number
  readonly jti: string
}

/** What the one who asks for a token states; the rest is the signer's. */
export type NewAccessClaims = Omit<AccessClaims, 'iat' | 'exp' | 'jti'>

/** Which verified tokens to let go: those that have all the fields named. */
export type TokenMatch = Partial<Pick<AccessClaims, 'sub' | 'sid' | 'cred'>>

/** A JWK Set (RFC 7517 section 5) of Ed25519 keys (RFC 8037 section 2). */
export interface PublicKeySet {
  readonly keys: readonly {
    readonly kty: 'OKP'
    readonly crv: 'Ed25519'
    readonly x: string
    readonly kid: string
    readonly alg: 'EdDSA'
    readonly use: 'sig'
  }[]
}

/**
 * Access tokens: signed, short-lived, checked without asking anyone.
 *
 * `verify` rejects with a `Refusal` of `TOKEN_REFUSALS`. A client is to be told one thing for
 * all of them; the code is for the audit. When it cannot be found out whether the token stands,
 * it rejects as whoever was asked does: that is no word on the token.
 */
export interface AccessTokens {
  /** Rejects with the refusal `no-signing-key` when no key may sign now. */
  sign(claims: NewAccessClaims): Promise<string>
  verify(token: unknown): Promise<AccessClaims>
  /** The claims of a token that was verified before and is still valid; never asks anyone. */
  verifyCached(token: string): AccessClaims | undefined
  /** What `verify` accepts now or from soon on, for `/.well-known/jwks.json`. */
  jwks(): PublicKeySet
  /**
   * Lets go what is remembered of the tokens that match, so that the next use of each asks
   * again whether it still stands. To be told of each end of a session and each new credential.
   */
  forget(match: TokenMatch): void
}

export const TOKEN_REFUSALS = {
  malformed: 'token-malformed',
  expired: 'token-expired',
  notYetValid: 'token-not-yet-valid',
  wrongAudience: 'token-wrong-audience',
  wrongIssuer: 'token-wrong-issuer',
  wrongAlgorithm: 'token-wrong-algorithm',
  unknownKey: 'token-unknown-key',
  tampered: 'token-tampered',
  /** Its session has ended, or the password was changed since. */
  revoked: 'token-revoked',
} as const

export const NO_SIGNING_KEY = 'no-signing-key'

export const TOKEN_LIMITS = {
  lifeMs: 15 * 60_000,
  /** How far two clocks may be apart. */
  leewayMs: 5_000,
  tokenLength: 8 * 1024,
} as const
