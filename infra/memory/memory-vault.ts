import { assertBatch, assertKeepable, type Vault, VAULT_LIMITS } from '#events/vault.ts'

/** A vault that lives as long as the process. */
export function createMemoryVault(): Vault {
  const secrets = new Map<string, string>()
  const write = (key: string, secret: string | undefined): void => {
    if (secret === undefined) secrets.delete(key)
    else secrets.set(key, secret)
  }
  return {
    async put(key, secret) {
      assertKeepable(key, secret)
      write(key, secret)
    },
    get: async (key) => secrets.get(key),
    async forget(key) {
      secrets.delete(key)
    },
    async putAll(entries) {
      assertBatch(entries)
      for (const { key, secret } of entries) assertKeepable(key, secret)
      for (const { key, secret } of entries) write(key, secret)
    },
    async replaceAll(changes) {
      assertBatch(changes)
      for (const { key, to } of changes) assertKeepable(key, to)
      if (changes.some(({ key, from }) => secrets.get(key) !== from)) return false
      for (const { key, to } of changes) write(key, to)
      return true
    },
    async entries(prefix, { after = '', limit = VAULT_LIMITS.batch } = {}) {
      return [...secrets.keys()]
        .filter((key) => key.startsWith(prefix) && byBytes(key, after) > 0)
        .toSorted(byBytes)
        .slice(0, Math.min(limit, VAULT_LIMITS.batch))
        .map((key) => ({ key, secret: secrets.get(key)! }))
    },
    async close() {},
  }
}

/** UTF-16 sorts some characters otherwise than the bytes of UTF-8, by which the others sort. */
function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
