import { mkdtempSync, rmSync, statSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createLmdbVault } from '#infra/lmdb/lmdb-vault.ts'
import { createMemoryVault } from '#infra/memory/memory-vault.ts'
import { createPostgresVault } from '#infra/postgres/postgres-vault.ts'

import { startPostgres } from '#test/conformance/projections.fixture.ts'
import { vaultSuite } from '#test/conformance/vault.case.ts'

async function memorySubject() {
  const vault = createMemoryVault()
  return { vault, dispose: () => vault.close() }
}

vaultSuite('memory', memorySubject, { isShared: false })

function lmdbSubject() {
  const folder = mkdtempSync(join(os.tmpdir(), 'veza-vault-'))
  const path = join(folder, 'vault')
  const vault = createLmdbVault(path)
  return {
    path,
    vault,
    again: async () => createLmdbVault(path),
    async dispose() {
      await vault.close()
      rmSync(folder, { recursive: true })
    },
  }
}

vaultSuite('LMDB', async () => lmdbSubject())

describe('the vault in LMDB', () => {
  it('lies in a folder that only its owner may enter', async () => {
    const { path, dispose } = lmdbSubject()
    expect(statSync(path).mode & 0o777).toBe(0o700)
    await dispose()
  })
})

let postgres: Awaited<ReturnType<typeof startPostgres>>
let schemas = 0
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.stop())

vaultSuite('PostgreSQL', async () => {
  const schema = `vault_${++schemas}`
  const vault = await createPostgresVault(postgres.db as never, schema)
  return {
    vault,
    again: () => createPostgresVault(postgres.db as never, schema),
    dispose: () => vault.close(),
  }
})
