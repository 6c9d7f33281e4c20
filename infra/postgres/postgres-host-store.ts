import { type Kysely, sql } from 'kysely'

import { LOG_START } from '#events/fact.ts'
import { DEADLINE_CONSUMER, type HostStore, type StoredSnapshot } from '#events/host-store.ts'

interface HostTables {
  snapshot: { stream: string; version: number; body: string }
  deadline: { stream: string; due_at: number }
  checkpoint: { consumer: string; position: number }
}

/**
 * The host's store of a cluster, in a schema that every process shares: the process that takes
 * an actor over finds the snapshot that the last one saved. `db` is the caller's to close.
 */
export async function createPostgresHostStore(
  db: Kysely<never>,
  schema: string,
): Promise<HostStore> {
  await makeTables(db, schema)
  const tables = (db as unknown as Kysely<HostTables>).withSchema(schema)

  async function saveCheckpoint(on: Kysely<HostTables>, consumer: string, position: number) {
    await on
      .insertInto('checkpoint')
      .values({ consumer, position })
      .onConflict((conflict) => conflict.column('consumer').doUpdateSet({ position }))
      .execute()
  }

  return {
    async loadSnapshot(stream) {
      const row = await tables
        .selectFrom('snapshot')
        .select('body')
        .where('stream', '=', stream)
        .executeTakeFirst()
      return row && (JSON.parse(row.body) as StoredSnapshot)
    },
    async saveSnapshot(stream, snapshot) {
      const body = JSON.stringify(snapshot)
      const { version } = snapshot
      await tables
        .insertInto('snapshot')
        .values({ stream, version, body })
        .onConflict((conflict) =>
          conflict
            .column('stream')
            .doUpdateSet({ version, body })
            // A process that has lost the actor may save late. Of the same version a later one
            // may have another schema.
            .where('snapshot.version', '<=', version),
        )
        .execute()
    },
    async loadDeadlines() {
      const rows = await tables.selectFrom('deadline').selectAll().execute()
      return new Map(rows.map((row) => [row.stream, row.due_at]))
    },
    async saveDeadlines(changes, through) {
      const cleared = [...changes].filter(([, at]) => at === null).map(([stream]) => stream)
      const due = [...changes].flatMap(([stream, at]) =>
        at === null ? [] : [{ stream, due_at: at }],
      )
      await tables.transaction().execute(async (transaction) => {
        const on = transaction.withSchema(schema)
        if (cleared.length > 0) {
          await on.deleteFrom('deadline').where('stream', 'in', cleared).execute()
        }
        if (due.length > 0) {
          await on
            .insertInto('deadline')
            .values(due)
            .onConflict((conflict) =>
              conflict
                .column('stream')
                .doUpdateSet((row) => ({ due_at: row.ref('excluded.due_at') })),
            )
            .execute()
        }
        await saveCheckpoint(on, DEADLINE_CONSUMER, through)
      })
    },
    async loadCheckpoint(consumer) {
      const row = await tables
        .selectFrom('checkpoint')
        .select('position')
        .where('consumer', '=', consumer)
        .executeTakeFirst()
      return row?.position ?? LOG_START
    },
    saveCheckpoint: (consumer, position) => saveCheckpoint(tables, consumer, position),
    close: async () => {},
  }
}

/** Several processes may start at once: one makes the tables, the others wait for it. */
async function makeTables(db: Kysely<never>, schema: string): Promise<void> {
  await db.transaction().execute(async (on) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`veza host ${schema}`}, 0))`.execute(
      on,
    )
    await sql`create schema if not exists ${sql.id(schema)}`.execute(on)
    const table = (name: string) => sql.table(`${schema}.${name}`)
    await sql`create table if not exists ${table('snapshot')}
      (stream text primary key, version int8 not null, body text not null)`.execute(on)
    await sql`create table if not exists ${table('deadline')}
      (stream text primary key, due_at int8 not null)`.execute(on)
    await sql`create table if not exists ${table('checkpoint')}
      (consumer text primary key, position int8 not null)`.execute(on)
  })
}
