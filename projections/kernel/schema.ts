import { createHash } from 'node:crypto'

import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

import { LOG_START } from '#events/fact.ts'

import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import type { Table } from '#projections/kernel/define-table.ts'

const SCHEMA_NAME = /^[a-z][a-z0-9_]{0,40}$/

/** A schema's name stands in statements, so it is checked where it comes in. */
export function assertSchemaName(schema: string): void {
  if (!SCHEMA_NAME.test(schema)) throw new Error(`${schema} is no name for a schema`)
}

/**
 * Creates the schema with the tables of all projections, each by its own migration, recorded
 * in the schema. Rows start at the log's start.
 */
export async function createSchema(
  db: Database,
  schema: string,
  projections: readonly Projection[],
): Promise<void> {
  assertSchemaName(schema)
  const migrations: Record<string, Migration> = { '0-checkpoints': checkpointMigration(schema) }
  for (const projection of projections) {
    migrations[`1-${projection.name}`] = projectionMigration(schema, projection)
  }
  const migrator = new Migrator({
    db,
    migrationTableSchema: schema,
    provider: { getMigrations: async () => migrations },
  })
  const { error } = await migrator.migrateToLatest()
  if (error) throw new Error(`cannot create the read models in ${schema}`, { cause: error })
}

export async function dropSchema(db: Database, schema: string): Promise<void> {
  await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(db)
}

/** Puts a complete schema in the place of another one, at once. Queries go on during it. */
export async function swapSchema(db: Database, fresh: string, live: string): Promise<void> {
  const retired = `${live}_retired`
  await dropSchema(db, retired)
  await db.transaction().execute(async (trx) => {
    if (await schemaExists(trx, live)) {
      await sql`alter schema ${sql.id(live)} rename to ${sql.id(retired)}`.execute(trx)
    }
    await sql`alter schema ${sql.id(fresh)} rename to ${sql.id(live)}`.execute(trx)
  })
  await dropSchema(db, retired)
}

export async function schemaExists(db: Database, schema: string): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(db)
  return rows.length > 0
}

/** The version that rows are of: the projection's own, and the shape of its tables. */
export function versionOf({ version, tables }: Projection): string {
  const shape = createHash('sha256').update(JSON.stringify(tables)).digest('hex')
  return `${version}-${shape.slice(0, 12)}`
}

function checkpointMigration(schema: string): Migration {
  return {
    async up(db) {
      await db.schema
        .withSchema(schema)
        .createTable('projection_checkpoint')
        .addColumn('projection', 'text', (column) => column.primaryKey())
        .addColumn('version', 'text', (column) => column.notNull())
        .addColumn('position', 'int8', (column) => column.notNull())
        .addColumn('fact', 'text', (column) => column.notNull())
        .execute()
    },
  }
}

function projectionMigration(schema: string, projection: Projection): Migration {
  return {
    async up(db) {
      for (const table of projection.tables) await createTable(db, schema, table)
      await db
        .withSchema(schema)
        .insertInto('projection_checkpoint')
        .values({
          projection: projection.name,
          version: versionOf(projection),
          position: LOG_START,
          fact: '',
        })
        .execute()
    },
  }
}

async function createTable(db: Database, schema: string, table: Table): Promise<void> {
  let create = db.schema.withSchema(schema).createTable(table.name)
  for (const [name, { type, isNullable }] of Object.entries(table.columns)) {
    create = create.addColumn(name, sql.raw(type), (column) =>
      isNullable ? column : column.notNull(),
    )
  }
  const key = table.key as unknown as never[]
  await create.addPrimaryKeyConstraint(`${table.name}_key`, key).execute()
  for (const { name, on, using = 'btree', where } of table.indexes) {
    const condition = where === undefined ? sql`` : sql`where ${sql.raw(where)}`
    await sql`create index ${sql.id(name)} on ${sql.table(`${schema}.${table.name}`)}
      using ${sql.raw(using)} ${sql.raw(on)} ${condition}`.execute(db)
  }
}
