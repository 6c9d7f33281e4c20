/**
 * Personal data is sealed with a key of the one whom it is about before it goes into a command,
 * so that facts, read models and backups hold only sealed text. When the key is destroyed, none
 * of them reveals it any more.
 *
 * A subject is whom the key belongs to, see `memberSubject` and `VISITORS`; a field says what
 * is sealed (`email`, `address`), so that one value cannot be passed off as another. Both have
 * 1 to 400 bytes of UTF-8 without control characters; others reject with a `RangeError`.
 */
export interface Seals {
  /**
   * The text `v1.<key id>.<nonce>.<ciphertext and tag>`, another one each time. The subject's
   * key is made at first use. Rejects with a `Refusal`: `forgotten` when the subject's key was
   * destroyed, `seal-too-long`, `seal-unfit` (half a surrogate pair).
   */
  seal(subject: string, field: string, plain: string): Promise<string>
  /**
   * What was sealed; undefined when the key is gone. Rejects with `SealBroken` when the text
   * was tampered with or was sealed for another subject or field.
   */
  unseal(subject: string, field: string, sealed: string): Promise<string | undefined>
  /**
   * The same 22 characters (128 bits, base64url) for the same text, which reveal nothing to
   * who lacks the subject's key: to compare and look up without unsealing. Rejects as `seal`.
   */
  tag(subject: string, text: string): Promise<string>
  /**
   * Destroys the subject's key. A member stays forgotten: `seal` and `tag` refuse from then on.
   * `VISITORS` gets a new key at next use. Other processes notice within `SEAL_LIMITS.keyLifeMs`.
   * Answers whether there was a key.
   */
  destroy(subject: string): Promise<boolean>
  /** Reads the subject's key from the vault again at next use. */
  dropCached(subject: string): void
}

/** Seals, and the master key that wraps their keys. */
export interface SealKeeper extends Seals {
  /**
   * `destroy`, and then a new master key where veza itself keeps it, so that an older copy of
   * the vault reveals nothing with the master key of today. Answers whether there was a key.
   */
  forget(subject: string): Promise<boolean>
  /**
   * Makes a new master key, wraps all keys with it and drops the old one. Rejects with
   * `MasterKeyTrouble` `master-key-in-settings` where the settings hold it.
   */
  rotateMasterKey(): Promise<{ readonly rewrapped: number }>
  /** Wraps all keys with the current master key that are wrapped with a previous one. */
  rewrap(): Promise<{ readonly rewrapped: number }>
}

/** Whoever is no member. Its key may be destroyed at any time, and is then made anew. */
export const VISITORS = 'visitors'

/** The subject of a member's personal data. */
export function memberSubject(accountId: string): string {
  return `account:${accountId}`
}

export const SEAL_REFUSALS = {
  forgotten: 'forgotten',
  sealTooLong: 'seal-too-long',
  sealUnfit: 'seal-unfit',
} as const

export const SEAL_LIMITS = {
  plainBytes: 64 * 1024,
  nameBytes: 400,
  /** How long a process may go on with a key that another one has destroyed. */
  keyLifeMs: 60_000,
} as const

/** The sealed text was tampered with, or belongs to another subject or field. */
export class SealBroken extends Error {
  readonly code = 'seal-broken'

  constructor(subject: string, field: string, cause?: unknown) {
    super(`the sealed ${field} of ${subject} is broken or belongs elsewhere`, { cause })
    this.name = 'SealBroken'
  }
}

export type MasterKeyTroubleCode =
  /** It is not the key that the vault's keys are wrapped with. */
  | 'master-key-wrong'
  /** A key in the vault is wrapped with a master key that is not among those given. */
  | 'master-key-unknown'
  /** Text that is no key. */
  | 'master-key-malformed'
  /** Others could read or replace the key file. */
  | 'master-key-exposed'
  /** The key file is gone, although the vault holds keys wrapped with it. */
  | 'master-key-missing'
  /** The file system does not let the key file be read, made or changed. */
  | 'master-key-inaccessible'
  /** Another process is changing the key file, for too long. */
  | 'master-key-busy'
  /** Only who writes the settings can change it. */
  | 'master-key-in-settings'
  /** A wrapped key does not open under the master key that it names. */
  | 'sealing-key-damaged'

/** The master key cannot be used, and nothing was changed. */
export class MasterKeyTrouble extends Error {
  readonly code: MasterKeyTroubleCode

  constructor(code: MasterKeyTroubleCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'MasterKeyTrouble'
    this.code = code
  }
}
