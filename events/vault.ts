/** A secret and the key that it is kept under. */
export interface VaultEntry {
  readonly key: string
  readonly secret: string
}

/** What a key is to hold instead of what it holds; undefined: nothing. */
export interface VaultChange {
  readonly key: string
  readonly from: string | undefined
  readonly to: string | undefined
}

/**
 * Secrets, kept beside the log and never in it: password hashes, keys. A fact names a secret
 * by its key; forgetting the secret leaves the log whole.
 *
 * Keys have 1 to 500 bytes of UTF-8 with no control characters, secrets 256 KiB, at most
 * `VAULT_LIMITS.batch` of them at once; anything else rejects with `VaultRefused`.
 */
export interface Vault {
  /** Resolves when durable, as all that writes here does. */
  put(key: string, secret: string): Promise<void>
  get(key: string): Promise<string | undefined>
  forget(key: string): Promise<void>
  /** Puts all of them or none. */
  putAll(entries: readonly VaultEntry[]): Promise<void>
  /**
   * Makes all changes if each key holds what its change says it does, in one transaction that
   * no other process comes between; else makes none and answers false.
   */
  replaceAll(changes: readonly VaultChange[]): Promise<boolean>
  /** The next keys that begin with `prefix`, in the order of their bytes, a page at a time. */
  entries(prefix: string, page?: VaultPage): Promise<VaultEntry[]>
  close(): Promise<void>
}

export interface VaultPage {
  /** Those behind this key; from the first one without it. */
  readonly after?: string
  /** Default and maximum: `VAULT_LIMITS.batch`. */
  readonly limit?: number
}

export const VAULT_LIMITS = { keyBytes: 500, secretBytes: 256 * 1024, batch: 1000 } as const

/** The key or the secret is not one that a vault takes. */
export class VaultRefused extends Error {
  readonly code = 'vault-refused'
}

/** Throws `VaultRefused` for a key or a secret that no vault takes. */
export function assertKeepable(key: string, secret = ''): void {
  const isKey = key !== '' && key.isWellFormed() && !/\p{Cc}/u.test(key)
  if (!isKey || bytes(key) > VAULT_LIMITS.keyBytes) {
    throw new VaultRefused(`${JSON.stringify(key.slice(0, 100))} is no key of a vault`)
  }
  // PostgreSQL's text holds no NUL, and no vault half a surrogate pair.
  if (!secret.isWellFormed() || secret.includes('\0')) {
    throw new VaultRefused(`the secret of ${key} is not text that can be kept`)
  }
  if (bytes(secret) > VAULT_LIMITS.secretBytes) {
    throw new VaultRefused(`a secret has ${VAULT_LIMITS.secretBytes} bytes at most`)
  }
}

/** Throws `VaultRefused` for more than one transaction takes. */
export function assertBatch(batch: readonly unknown[]): void {
  if (batch.length > VAULT_LIMITS.batch) {
    throw new VaultRefused(`${batch.length} at once; ${VAULT_LIMITS.batch} at most`)
  }
}

const bytes = (text: string): number => new TextEncoder().encode(text).length

/** What a server keeps to check SCRAM-SHA-256 (RFC 5802 section 3, RFC 7677); all in base64. */
export interface ScramKeys {
  readonly salt: string
  readonly iterations: number
  readonly storedKey: string
  readonly serverKey: string
}

/** Makes and checks password hashes, off the main thread. */
export interface Passwords {
  /** As PHC text: argon2id, whose parameters travel in the hash. */
  hash(password: string): Promise<string>
  /**
   * Whether the password is the one hashed. Knows what `hash` and `wrapGlftpdHash` make; throws
   * for any other text.
   */
  verify(hash: string, password: string): Promise<boolean>
  /** Whether `hash` would make it otherwise today: with other parameters, or of another kind. */
  needsRehash(hash: string): boolean
  /**
   * Hashes the hash of a glFTPd `passwd` line (`$<8 hex>$<40 hex>`), so that the weak one need
   * not be kept. Rejects with a `Refusal` `glftpd-hash-unknown` for another form.
   */
  wrapGlftpdHash(hash: string): Promise<string>
  /**
   * With a salt of its own. Rejects with a `Refusal` `password-not-preparable` for a password
   * that SASLprep (RFC 4013) prohibits.
   */
  scramKeys(password: string): Promise<ScramKeys>
  /** Ends the threads. What still runs rejects. */
  close(): Promise<void>
}
