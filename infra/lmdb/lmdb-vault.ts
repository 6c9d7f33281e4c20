import { chmodSync, mkdirSync } from 'node:fs'

import type { Database, RootDatabase } from 'lmdb'

import {
  assertBatch,
  assertKeepable,
  type Vault,
  type VaultChange,
  VAULT_LIMITS,
} from '#events/vault.ts'

import { openEnvironment, transact } from '#infra/lmdb/environment.ts'

/** Secrets in a file of their own, in a folder that only the owner may enter. */
export function createLmdbVault(path: string): Vault {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
  const env = openEnvironment({ path })
  const secrets = env.openDB<string, string>({ name: 'secrets', encoding: 'string' })
  return {
    async put(key, secret) {
      assertKeepable(key, secret)
      await transact(env, () => void secrets.put(key, secret))
    },
    get: async (key) => secrets.get(key),
    forget: (key) => transact(env, () => void secrets.remove(key)),
    async putAll(entries) {
      assertBatch(entries)
      for (const { key, secret } of entries) assertKeepable(key, secret)
      await transact(env, () => {
        for (const { key, secret } of entries) void secrets.put(key, secret)
      })
    },
    async replaceAll(changes) {
      assertBatch(changes)
      for (const { key, to } of changes) assertKeepable(key, to)
      return await replace(env, secrets, changes)
    },
    async entries(prefix, { after = '', limit = VAULT_LIMITS.batch } = {}) {
      const start = Buffer.compare(Buffer.from(after), Buffer.from(prefix)) > 0 ? after : prefix
      const page = []
      for (const { key, value } of secrets.getRange({ start })) {
        if (!key.startsWith(prefix) || page.length >= Math.min(limit, VAULT_LIMITS.batch)) break
        if (key !== after) page.push({ key, secret: value })
      }
      return page
    },
    close: () => env.close(),
  }
}

/** Compares within the write transaction, which another process waits for. */
async function replace(
  env: RootDatabase,
  secrets: Database<string, string>,
  changes: readonly VaultChange[],
): Promise<boolean> {
  let isAsSaid = false
  await transact(env, () => {
    isAsSaid = changes.every(({ key, from }) => secrets.get(key) === from)
    if (!isAsSaid) return
    for (const { key, to } of changes) {
      if (to === undefined) void secrets.remove(key)
      else void secrets.put(key, to)
    }
  })
  return isAsSaid
}
