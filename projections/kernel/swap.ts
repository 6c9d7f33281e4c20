import { sql } from 'kysely'

import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { CHECKPOINT_TABLE, KERNEL_TABLES, tablesIn } from '#projections/kernel/schema.ts'

/** What the schema that was live is called until it is dropped. */
export function retiredName(schema: string): string {
  return `${schema}_retired`
}

/**
 * Makes whoever projects into the schema wait until the transaction ends; queries go on. Every
 * batch begins with a write to this table, so that none is half in the old tables and half in
 * the new: who waits here finds the table's name anew afterwards.
 */
export async function lockCheckpoints(trx: Database, schema: string): Promise<void> {
  if (!(await tablesIn(trx, schema)).includes(CHECKPOINT_TABLE)) return
  const table = sql.table(`${schema}.${CHECKPOINT_TABLE}`)
  await sql`lock table ${table} in exclusive mode`.execute(trx)
}

/** Puts a complete schema in the place of another one. Whoever did not know is not disturbed. */
export async function renameSchema(trx: Database, fresh: string, live: string): Promise<void> {
  const { rows } = await sql`select 1 from pg_namespace where nspname = ${live}`.execute(trx)
  if (rows.length > 0) {
    await sql`alter schema ${sql.id(live)} rename to ${sql.id(retiredName(live))}`.execute(trx)
  }
  await sql`alter schema ${sql.id(fresh)} rename to ${sql.id(live)}`.execute(trx)
}

/**
 * Moves the tables of some projections, with their checkpoints, from the schema in which they
 * were built into the live one, in the place of older ones. What is no projection's any more is
 * dropped.
 */
export async function moveProjections(
  trx: Database,
  fresh: string,
  live: string,
  moving: readonly Projection[],
  all: readonly Projection[],
): Promise<void> {
  const movingTables = namesOf(moving)
  const wanted = new Set([...namesOf(all), ...KERNEL_TABLES])
  for (const table of await tablesIn(trx, live)) {
    if (wanted.has(table) && !movingTables.includes(table)) continue
    await sql`drop table ${sql.table(`${live}.${table}`)} cascade`.execute(trx)
  }
  for (const table of movingTables) {
    const moved = sql.table(`${fresh}.${table}`)
    await sql`alter table ${moved} set schema ${sql.id(live)}`.execute(trx)
  }
  const checkpoints = sql.table(`${live}.${CHECKPOINT_TABLE}`)
  const kept = all.filter((projection) => !moving.includes(projection)).map(({ name }) => name)
  await sql`delete from ${checkpoints} where projection <> all(${kept}::text[])`.execute(trx)
  if (moving.length === 0) return
  await sql`insert into ${checkpoints} (projection, version, position, fact)
    select projection, version, position, fact
    from ${sql.table(`${fresh}.${CHECKPOINT_TABLE}`)}`.execute(trx)
}

function namesOf(projections: readonly Projection[]): string[] {
  return projections.flatMap(({ tables }) => tables.map(({ name }) => name))
}
