import { chmodSync, mkdirSync } from 'node:fs'

import { open } from 'lmdb'

import type { Vault } from '#events/vault.ts'

/** Secrets in a file of their own, in a folder that only the owner may enter. */
export function createLmdbVault(path: string): Vault {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
  const secrets = open<string, string>({ path, encoding: 'string', overlappingSync: false })
  return {
    async put(key, secret) {
      await secrets.put(key, secret)
    },
    get: async (key) => secrets.get(key),
    async forget(key) {
      await secrets.remove(key)
    },
    close: () => secrets.close(),
  }
}
