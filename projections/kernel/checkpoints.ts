import { sql } from 'kysely'

import type { EventLog } from '#events/event-log.ts'

import type { Database, KernelTables } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { schemaExists, versionOf } from '#projections/kernel/schema.ts'

/** How far each projection is, by its name. */
export type Checkpoints = ReadonlyMap<string, Checkpoint>

export interface Checkpoint {
  readonly position: number
  /** Id of the last fact in the rows; empty for none. */
  readonly fact: string
}

type CheckpointRow = KernelTables['projection_checkpoint']

/** Another process has moved the checkpoints on, or the schema is not the one it was. */
export class CheckpointConflict extends Error {
  readonly code = 'checkpoint-conflict'

  constructor(schema: string) {
    super(`the checkpoints in ${schema} have been changed by somebody else`)
  }
}

/**
 * The checkpoints of a schema, or undefined when the schema does not exist or does not hold
 * just these projections in just these versions.
 */
export async function readCheckpoints(
  db: Database,
  schema: string,
  projections: readonly Projection[],
): Promise<Checkpoints | undefined> {
  const rows = await readRows(db, schema)
  if (rows?.length !== projections.length) return undefined
  const byName = new Map(rows.map((row) => [row.projection, row]))
  const isCurrent = projections.every(
    (projection) => byName.get(projection.name)?.version === versionOf(projection),
  )
  return isCurrent ? byName : undefined
}

async function readRows(
  db: Database,
  schema: string,
): Promise<readonly CheckpointRow[] | undefined> {
  if (!(await schemaExists(db, schema))) return undefined
  const { rows } = await sql`select 1 from pg_tables
    where schemaname = ${schema} and tablename = 'projection_checkpoint'`.execute(db)
  if (rows.length === 0) return undefined
  const found = await sql<CheckpointRow>`
    select * from ${sql.table(`${schema}.projection_checkpoint`)}`.execute(db)
  return found.rows
}

/**
 * Moves checkpoints from where they are believed to be. As a transaction's first statement it
 * locks them, so that of two runners one waits and then finds that it was overtaken.
 */
export async function moveCheckpoints(
  trx: Database,
  schema: string,
  from: Checkpoints,
  to: Checkpoints,
): Promise<void> {
  const names = [...to.keys()]
  const { numAffectedRows } = await sql`
    update ${sql.table(`${schema}.projection_checkpoint`)} as target
    set position = given.after, fact = given.fact
    from unnest(
      ${names}::text[],
      ${names.map((name) => from.get(name)!.position)}::int8[],
      ${names.map((name) => to.get(name)!.position)}::int8[],
      ${names.map((name) => to.get(name)!.fact)}::text[]
    ) as given(projection, before, after, fact)
    where target.projection = given.projection and target.position = given.before`.execute(trx)
  if (Number(numAffectedRows) !== names.length) throw new CheckpointConflict(schema)
}

export function smallestPosition(checkpoints: Checkpoints): number {
  return Math.min(...[...checkpoints.values()].map(({ position }) => position))
}

/**
 * Whether the rows were made from this log. They were not when the log ends before them, or
 * has another fact at their checkpoint: somebody removed or restored it.
 */
export async function isFromLog(log: EventLog, checkpoints: Checkpoints): Promise<boolean> {
  for (const { position, fact } of new Set(checkpoints.values())) {
    if (fact === '') continue
    const options = { direction: 'backwards', after: position + 1, limit: 1 } as const
    let last: string | undefined
    for await (const found of log.readAll(options)) last = found.id
    if (last !== fact) return false
  }
  return true
}
