import { type Kysely, sql, type Transaction } from 'kysely'

import {
  assertBatch,
  assertKeepable,
  type Vault,
  type VaultChange,
  type VaultEntry,
  VAULT_LIMITS,
} from '#events/vault.ts'

interface VaultTables {
  secret: { key: string; secret: string }
}

/** The vault of a cluster. Its schema is apart, so that its rights can be: readers of the read
 * models need none on it. `db` is the caller's to close. */
export async function createPostgresVault(db: Kysely<never>, schema: string): Promise<Vault> {
  const lock = sql`select pg_advisory_xact_lock(hashtextextended(${`veza vault ${schema}`}, 0))`
  await db.transaction().execute(async (on) => {
    await lock.execute(on)
    await sql`create schema if not exists ${sql.id(schema)}`.execute(on)
    await sql`create table if not exists ${sql.table(`${schema}.secret`)}
      (key text primary key, secret text not null)`.execute(on)
  })
  const tables = (db as unknown as Kysely<VaultTables>).withSchema(schema)
  return {
    async put(key, secret) {
      assertKeepable(key, secret)
      await putAll(tables, [{ key, secret }])
    },
    async get(key) {
      const row = await tables
        .selectFrom('secret')
        .select('secret')
        .where('key', '=', key)
        .executeTakeFirst()
      return row?.secret
    },
    async forget(key) {
      await tables.deleteFrom('secret').where('key', '=', key).execute()
    },
    async putAll(entries) {
      assertBatch(entries)
      for (const { key, secret } of entries) assertKeepable(key, secret)
      await putAll(tables, entries)
    },
    async replaceAll(changes) {
      assertBatch(changes)
      for (const { key, to } of changes) assertKeepable(key, to)
      return await tables.transaction().execute(async (on) => {
        // A key that is not there cannot be locked as a row: all who replace go one by one.
        await lock.execute(on)
        return await replace(on, changes)
      })
    },
    async entries(prefix, { after = '', limit = VAULT_LIMITS.batch } = {}) {
      const key = sql<string>`key collate "C"`
      return await tables
        .selectFrom('secret')
        .select(['key', 'secret'])
        .where(sql<boolean>`starts_with(key, ${prefix})`)
        .where(key, '>', after)
        .orderBy(key)
        .limit(Math.min(limit, VAULT_LIMITS.batch))
        .execute()
    },
    close: async () => {},
  }
}

async function putAll(on: Kysely<VaultTables>, entries: readonly VaultEntry[]): Promise<void> {
  // One statement may not touch a row twice. Sorted, so that two writers lock in one order.
  const last = [...new Map(entries.map(({ key, secret }) => [key, { key, secret }])).values()]
  if (last.length === 0) return
  await on
    .insertInto('secret')
    .values(last.toSorted((one, other) => (one.key < other.key ? -1 : 1)))
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet((row) => ({ secret: row.ref('excluded.secret') })),
    )
    .execute()
}

async function replace(
  on: Transaction<VaultTables>,
  changes: readonly VaultChange[],
): Promise<boolean> {
  if (changes.length === 0) return true
  const keys = changes.map(({ key }) => key)
  const rows = await on
    .selectFrom('secret')
    .selectAll()
    .where('key', 'in', keys)
    .orderBy('key')
    .forUpdate()
    .execute()
  const secrets = new Map(rows.map(({ key, secret }) => [key, secret]))
  if (changes.some(({ key, from }) => secrets.get(key) !== from)) return false
  const gone = changes.filter(({ to }) => to === undefined).map(({ key }) => key)
  if (gone.length > 0) await on.deleteFrom('secret').where('key', 'in', gone).execute()
  const kept = changes.flatMap(({ key, to }) => (to === undefined ? [] : [{ key, secret: to }]))
  await putAll(on, kept)
  return true
}
