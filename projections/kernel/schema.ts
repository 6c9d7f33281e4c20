import { createHash } from 'node:crypto'

import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

import { LOG_START } from '#events/fact.ts'

import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import type { Table } from '#projections/kernel/define-table.ts'

const SCHEMA_NAME = /^[a-z][a-z0-9_]{0,40}$/

export function isSchemaName(text: string): boolean {
  return SCHEMA_NAME.test(text)
}

/** A schema's name stands in statements, so it is checked where it comes in. */
export function assertSchemaName(schema: string): void {
  if (!isSchemaName(schema)) throw new Error(`${schema} is no name for a schema`)
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

export const CHECKPOINT_TABLE = 'projection_checkpoint'

/** Tables of the runner and of the migrations, in every schema. */
export const KERNEL_TABLES: readonly string[] = [
  CHECKPOINT_TABLE,
  'kysely_migration',
  'kysely_migration_lock',
]

/** A schema that holds what is not ours is not to be replaced. */
export class NotReadModels extends Error {
  readonly code = 'not-read-models'

  constructor(schema: string) {
    super(`the schema ${schema} holds other things than read models: it is left as it is`)
  }
}

/** Throws `NotReadModels` unless the schema is empty, not there, or made here. */
export async function assertReplaceable(db: Database, schema: string): Promise<void> {
  const tables = await tablesIn(db, schema)
  if (tables.length > 0 && !tables.includes(CHECKPOINT_TABLE)) throw new NotReadModels(schema)
}

export async function tablesIn(db: Database, schema: string): Promise<readonly string[]> {
  const { rows } = await sql<{ tablename: string }>`
    select tablename from pg_tables where schemaname = ${schema} order by tablename`.execute(db)
  return rows.map(({ tablename }) => tablename)
}

/** The version that rows are of: the projection's own, and the shape of its tables. */
export function versionOf(projection: Projection): string {
  return `${projection.version}-${shapeOf(projection)}`
}

/** Whether rows of that version have the columns that queries look for now. */
export function isOfSameShape(version: string, projection: Projection): boolean {
  return version.endsWith(`-${shapeOf(projection)}`)
}

function shapeOf({ tables }: Projection): string {
  return createHash('sha256').update(JSON.stringify(tables)).digest('hex').slice(0, 12)
}

function checkpointMigration(schema: string): Migration {
  return {
    async up(db) {
      await db.schema
        .withSchema(schema)
        .createTable(CHECKPOINT_TABLE)
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
        .insertInto(CHECKPOINT_TABLE)
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
