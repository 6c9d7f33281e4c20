import { sql } from 'kysely'

import type { EventLog } from '#events/event-log.ts'

import type { Database, KernelTables } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { CHECKPOINT_TABLE, tablesIn, versionOf } from '#projections/kernel/schema.ts'

/** How far each projection is, by its name. */
export type Checkpoints = ReadonlyMap<string, Checkpoint>

export interface Checkpoint {
  readonly position: number
  /** Id of the last fact in the rows; empty for none. */
  readonly fact: string
}

export type CheckpointRow = KernelTables['projection_checkpoint']

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
  const recorded = await readRecorded(db, schema)
  if (recorded?.size !== projections.length) return undefined
  const isCurrent = projections.every(
    (projection) => recorded.get(projection.name)?.version === versionOf(projection),
  )
  return isCurrent ? recorded : undefined
}

/** What a schema holds, whatever the versions; undefined when there are no read models in it. */
export async function readRecorded(
  db: Database,
  schema: string,
): Promise<ReadonlyMap<string, CheckpointRow> | undefined> {
  if (!(await tablesIn(db, schema)).includes(CHECKPOINT_TABLE)) return undefined
  const { rows } = await sql<CheckpointRow>`
    select * from ${sql.table(`${schema}.${CHECKPOINT_TABLE}`)}`.execute(db)
  return new Map(rows.map((row) => [row.projection, row]))
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
    update ${sql.table(`${schema}.${CHECKPOINT_TABLE}`)} as target
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
