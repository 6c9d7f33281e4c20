import { chmodSync, mkdirSync } from 'node:fs'

import type { Vault } from '#events/vault.ts'

import { openEnvironment, transact } from '#infra/lmdb/environment.ts'

/** Secrets in a file of their own, in a folder that only the owner may enter. */
export function createLmdbVault(path: string): Vault {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
  const env = openEnvironment({ path })
  const secrets = env.openDB<string, string>({ name: 'secrets', encoding: 'string' })
  return {
    put: (key, secret) => transact(env, () => void secrets.put(key, secret)),
    get: async (key) => secrets.get(key),
    forget: (key) => transact(env, () => void secrets.remove(key)),
    close: () => env.close(),
  }
}
