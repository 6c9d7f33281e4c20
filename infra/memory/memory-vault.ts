import type { Vault } from '#events/vault.ts'

/** A vault that lives as long as the process. */
export function createMemoryVault(): Vault {
  const secrets = new Map<string, string>()
  return {
    async put(key, secret) {
      secrets.set(key, secret)
    },
    get: async (key) => secrets.get(key),
    async forget(key) {
      secrets.delete(key)
    },
    async close() {},
  }
}
