/**
 * Secrets, kept beside the log and never in it: password hashes, keys. A fact names a secret
 * by its key; forgetting the secret leaves the log whole.
 */
export interface Vault {
  /** Resolves when durable. */
  put(key: string, secret: string): Promise<void>
  get(key: string): Promise<string | undefined>
  forget(key: string): Promise<void>
  close(): Promise<void>
}

/** Makes and checks password hashes, off the main thread. */
export interface Passwords {
  hash(password: string): Promise<string>
  verify(hash: string, password: string): Promise<boolean>
}
