/** Second factors: codes from an authenticator (TOTP, RFC 6238) and codes for its loss. */
export interface OneTimeCodes {
  /** A new secret of 160 random bits, in base32. To be kept in the vault. */
  newSecret(): string
  /** The `otpauth://` address that authenticators read from a picture. */
  uri(account: string, issuer: string, secret: string): string
  /**
   * The time step (30 s, counted from 1970) that the code belongs to; undefined when it is
   * wrong. One step on either side of `atMs` is taken. A step up to `lastStep`, the one used
   * last, is refused: keep what this answers.
   */
  verify(secret: string, code: string, atMs: number, lastStep?: number): number | undefined
  /** Ten codes, to be shown once, and what to keep of them in the vault: same order. */
  newRecoveryCodes(): { readonly codes: readonly string[]; readonly hashes: readonly string[] }
  /** Which of the hashes is that of the code, however it is spaced; undefined when none is. */
  findRecoveryCode(hashes: readonly string[], code: string): number | undefined
}
