import { hash, verify } from '@node-rs/argon2'

import type { Passwords } from '#events/vault.ts'

export interface Argon2Options {
  /** Default 19 MiB: OWASP's first choice for argon2id. */
  readonly memoryKib?: number
  /** Default 2. */
  readonly passes?: number
}

/** Argon2id (the package's default) on libuv's threads; the parameters travel in the hash. */
export function createArgon2Passwords(options: Argon2Options = {}): Passwords {
  const { memoryKib = 19_456, passes = 2 } = options
  return {
    hash: (password) =>
      hash(password, {
        memoryCost: memoryKib,
        timeCost: passes,
        parallelism: 1,
      }),
    verify: (hashed, password) => verify(hashed, password),
  }
}
