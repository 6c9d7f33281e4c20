import { type RawBuilder, sql } from 'kysely'

import type { Fact } from '#events/fact.ts'

import {
  type Checkpoint,
  type Checkpoints,
  moveCheckpoints,
} from '#projections/kernel/checkpoints.ts'
import type { Database } from '#projections/kernel/database.ts'
import type { Partition, Projection } from '#projections/kernel/define-projection.ts'
import type { Row, Table, Value } from '#projections/kernel/define-table.ts'
import { statementsFor } from '#projections/kernel/flush.ts'
import { clean, WriteFold } from '#projections/kernel/write-fold.ts'

export interface Batch {
  readonly facts: readonly Fact[]
  /** How far the log has been looked at, at least to the last of the facts. */
  readonly through: number
}

/** Partitions that one batch may read: each can be as large as the largest release. */
const PARTITIONS_PER_BATCH = 64

/**
 * Writes a batch in one transaction, rows and checkpoints together, and resolves with the new
 * checkpoints. Given a transaction, it becomes part of that one. A projection that already holds some of the facts is given only the others.
 */
export async function applyBatch(
  db: Database,
  schema: string,
  projections: readonly Projection[],
  checkpoints: Checkpoints,
  batch: Batch,
): Promise<Checkpoints> {
  const write = async (trx: Database): Promise<Checkpoints> => {
    const moved = movedBy(batch, checkpoints)
    if (moved.size > 0) await moveCheckpoints(trx, schema, checkpoints, moved)
    await writeRows(trx, schema, projections, checkpoints, batch.facts)
    return new Map([...checkpoints, ...moved])
  }
  return db.isTransaction ? write(db) : db.transaction().execute(write)
}

function movedBy({ facts, through }: Batch, checkpoints: Checkpoints): Checkpoints {
  const moved = new Map<string, Checkpoint>()
  const last = facts.at(-1)
  for (const [name, { position, fact }] of checkpoints) {
    if (position >= through) continue
    const isNew = last !== undefined && last.position > position
    moved.set(name, { position: through, fact: isNew ? last.id : fact })
  }
  return moved
}

async function writeRows(
  trx: Database,
  schema: string,
  projections: readonly Projection[],
  checkpoints: Checkpoints,
  facts: readonly Fact[],
): Promise<void> {
  const fold = new WriteFold()
  for (const [table, values] of partitionsOf(projections, facts)) {
    await loadPartitions(trx, schema, fold, table, values)
  }
  for (const projection of projections) {
    const { position } = checkpoints.get(projection.name)!
    for (const fact of facts) {
      if (fact.position > position) fold.add(projection.project(fact, fold))
    }
  }
  const statements: RawBuilder<unknown>[] = []
  for (const [table, writes] of fold.writes()) {
    statements.push(...statementsFor(schema, table, writes))
  }
  for (const statement of statements) await statement.execute(trx)
}

/** How many of the facts, from the first on, may stand in one batch. */
export function batchLength(
  projections: readonly Projection[],
  facts: readonly Fact[],
  limit: number,
): number {
  const seen = new Set<string>()
  const most = Math.min(limit, facts.length)
  for (let length = 0; length < most; length++) {
    for (const projection of projections) {
      for (const { table, value } of projection.reads(facts[length]!)) {
        seen.add(`${table.name} ${String(value)}`)
      }
    }
    if (seen.size > PARTITIONS_PER_BATCH && length > 0) return length
  }
  return most
}

function partitionsOf(
  projections: readonly Projection[],
  facts: readonly Fact[],
): ReadonlyMap<Table, ReadonlySet<Value>> {
  const wanted = new Map<Table, Set<Value>>()
  const add = ({ table, value }: Partition): void => {
    const values = wanted.get(table) ?? new Set<Value>()
    wanted.set(table, values.add(clean(value)))
  }
  for (const projection of projections) {
    for (const fact of facts) for (const each of projection.reads(fact)) add(each)
  }
  return wanted
}

async function loadPartitions(
  trx: Database,
  schema: string,
  fold: WriteFold,
  table: Table,
  values: ReadonlySet<Value>,
): Promise<void> {
  const first = table.key[0]!
  const { type } = table.columns[first]!
  const { rows } = await sql<Row>`select * from ${sql.table(`${schema}.${table.name}`)}
    where ${sql.ref(first)} = any(${[...values]}::${sql.raw(type)}[])`.execute(trx)
  const byValue = Map.groupBy(rows, (row): Value => row[first]!)
  for (const value of values) fold.load(table, value, byValue.get(value) ?? [])
}
