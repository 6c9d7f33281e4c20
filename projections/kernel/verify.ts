import { sql } from 'kysely'

import type { EventLog } from '#events/event-log.ts'

import { type Checkpoints, readCheckpoints } from '#projections/kernel/checkpoints.ts'
import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import type { Row, Table } from '#projections/kernel/define-table.ts'
import { buildSchema, catchUp, withBuildLock } from '#projections/kernel/rebuild.ts'
import { dropSchema } from '#projections/kernel/schema.ts'

export interface VerifyOptions {
  /** Without a statement timeout, and with at least two connections. */
  readonly db: Database
  readonly log: EventLog
  readonly projections: readonly Projection[]
  readonly schema: string
  readonly batchSize?: number
}

export interface TableVerdict {
  readonly table: string
  readonly liveRows: number
  readonly rebuiltRows: number
  /** Rows that only one side has; a row that differs counts on both. */
  readonly onlyLive: number
  readonly onlyRebuilt: number
  /** The first few of those rows. */
  readonly examples: readonly { readonly side: 'live' | 'rebuilt'; readonly row: Row }[]
}

export interface Verdict {
  readonly isEqual: boolean
  /** Where the comparison was made: every fact up to here is in both. */
  readonly position: number
  readonly tables: readonly TableVerdict[]
}

const EXAMPLES = 5

/**
 * Builds every read model from the log in a fresh schema and compares it with the live one,
 * row for row, at one position. Works beside a running server and does not hold it up. The
 * fresh schema is dropped at the end.
 */
export async function verifyReadModels(options: VerifyOptions): Promise<Verdict> {
  const { db, schema, projections } = options
  const fresh = `${schema}_verify`
  return withBuildLock(db, schema, async () => {
    try {
      const live = await liveCheckpoints(db, schema, projections)
      const built = await buildSchema({ ...options, schema: fresh, through: positionOf(live) })
      return await compareAll(options, fresh, built)
    } finally {
      await dropSchema(db, fresh)
    }
  })
}

/**
 * The live side is one snapshot: rows and checkpoint are committed together, so the snapshot
 * says itself at which position it is. The fresh side is brought to there within the same
 * transaction, where its new rows can be seen and nothing can change any more.
 */
async function compareAll(
  options: VerifyOptions,
  fresh: string,
  built: Checkpoints,
): Promise<Verdict> {
  const { db, schema, projections } = options
  const snapshot = db.transaction().setIsolationLevel('repeatable read')
  return snapshot.execute(async (trx) => {
    const position = positionOf(await liveCheckpoints(trx, schema, projections))
    await catchUp({ ...options, db: trx, schema: fresh, through: position }, built)
    const tables: TableVerdict[] = []
    for (const table of projections.flatMap((projection) => projection.tables)) {
      tables.push(await compare(trx, table, schema, fresh))
    }
    const isEqual = tables.every(({ onlyLive, onlyRebuilt }) => onlyLive + onlyRebuilt === 0)
    return { isEqual, position, tables }
  })
}

async function liveCheckpoints(
  db: Database,
  schema: string,
  projections: readonly Projection[],
): Promise<Checkpoints> {
  const checkpoints = await readCheckpoints(db, schema, projections)
  if (!checkpoints) {
    throw new Error(`the read models in ${schema} are missing or of another version: start veza`)
  }
  return checkpoints
}

/** Read models are always built and moved on together. */
function positionOf(checkpoints: Checkpoints): number {
  const positions = new Set([...checkpoints.values()].map(({ position }) => position))
  if (positions.size !== 1) throw new Error('the read models are at different positions')
  return [...positions][0]!
}

async function compare(
  db: Database,
  table: Table,
  live: string,
  rebuilt: string,
): Promise<TableVerdict> {
  const columns = sql.join(Object.keys(table.columns).map((column) => sql.ref(column)))
  const rowsOf = (schema: string) =>
    sql`select ${columns} from ${sql.table(`${schema}.${table.name}`)}`
  const examplesOf = (rows: string) => sql`(select coalesce(json_agg(row), '[]') from
    (select row_to_json(${sql.id(rows)}) as row from ${sql.id(rows)} limit ${EXAMPLES}) as few)`
  const { rows } = await sql<Counts>`
    with live as (${rowsOf(live)}),
      rebuilt as (${rowsOf(rebuilt)}),
      only_live as (table live except all table rebuilt),
      only_rebuilt as (table rebuilt except all table live)
    select
      (select count(*) from live) as "liveRows",
      (select count(*) from rebuilt) as "rebuiltRows",
      (select count(*) from only_live) as "onlyLive",
      (select count(*) from only_rebuilt) as "onlyRebuilt",
      ${examplesOf('only_live')} as "liveExamples",
      ${examplesOf('only_rebuilt')} as "rebuiltExamples"
  `.execute(db)
  const { liveExamples, rebuiltExamples, ...counts } = rows[0]!
  const examples = [
    ...liveExamples.map((row) => ({ side: 'live' as const, row })),
    ...rebuiltExamples.map((row) => ({ side: 'rebuilt' as const, row })),
  ]
  return { table: table.name, ...counts, examples }
}

interface Counts {
  readonly liveRows: number
  readonly rebuiltRows: number
  readonly onlyLive: number
  readonly onlyRebuilt: number
  readonly liveExamples: readonly Row[]
  readonly rebuiltExamples: readonly Row[]
}
