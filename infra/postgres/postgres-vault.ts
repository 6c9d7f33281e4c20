import { type Kysely, sql } from 'kysely'

import type { Vault } from '#events/vault.ts'

interface VaultTables {
  secret: { key: string; secret: string }
}

/** The vault of a cluster. Its schema is apart, so that its rights can be: readers of the read
 * models need none on it. `db` is the caller's to close. */
export async function createPostgresVault(db: Kysely<never>, schema: string): Promise<Vault> {
  await db.transaction().execute(async (on) => {
    const lock = `veza vault ${schema}`
    await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(on)
    await sql`create schema if not exists ${sql.id(schema)}`.execute(on)
    await sql`create table if not exists ${sql.table(`${schema}.secret`)}
      (key text primary key, secret text not null)`.execute(on)
  })
  const tables = (db as unknown as Kysely<VaultTables>).withSchema(schema)
  return {
    async put(key, secret) {
      await tables
        .insertInto('secret')
        .values({ key, secret })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ secret }))
        .execute()
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
    close: async () => {},
  }
}
