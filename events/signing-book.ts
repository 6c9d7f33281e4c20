/** The public half of a key that signs access tokens. */
export interface SigningKey {
  readonly kid: string
  /** As in a JWK (RFC 8037 section 2): `x` is the key in base64url. */
  readonly publicKey: { readonly crv: 'Ed25519'; readonly x: string }
  /** It is published before, but signs only from this moment on (milliseconds since 1970). */
  readonly signsFromMs: number
  /** From this moment on no token of it is accepted. */
  readonly retiresAtMs: number
}

/** Which keys are in force, on record for every process of the site. */
export interface SigningBook {
  /** Those that are not retired, oldest first. */
  keys(): Promise<readonly SigningKey[]>
  /**
   * Adds a key after the newest one that the caller knows of (null: there is none). Answers
   * false when another process was first: then read `keys` again.
   */
  add(key: SigningKey, after: string | null): Promise<boolean>
  /** Takes a key out of force. Nothing happens if it is not in force. */
  retire(kid: string): Promise<void>
}
