import type { EventLog } from '#events/event-log.ts'

import { buildSchema, catchUp } from '#projections/kernel/build.ts'
import { type Checkpoints, readCheckpoints } from '#projections/kernel/checkpoints.ts'
import {
  areEqual,
  compareTable,
  type TableDifference,
} from '#projections/kernel/compare-schemas.ts'
import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import type { Row } from '#projections/kernel/define-table.ts'
import { withBuildLock } from '#projections/kernel/rebuild.ts'
import { dropSchema } from '#projections/kernel/schema.ts'

export interface VerifyOptions {
  /** Without a statement timeout, and with at least two connections. */
  readonly db: Database
  readonly log: EventLog
  readonly projections: readonly Projection[]
  readonly schema: string
  readonly batchSize?: number
  readonly progress?: (done: number, total: number) => void
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
    const tables: TableDifference[] = []
    for (const table of projections.flatMap((projection) => projection.tables)) {
      tables.push(await compareTable(trx, table, schema, fresh))
    }
    return { isEqual: areEqual(tables), position, tables: tables.map(verdictOf) }
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

function verdictOf({ table, rows, only, examples }: TableDifference): TableVerdict {
  return {
    table,
    liveRows: rows[0],
    rebuiltRows: rows[1],
    onlyLive: only[0],
    onlyRebuilt: only[1],
    examples: [
      ...examples[0].map((row) => ({ side: 'live' as const, row })),
      ...examples[1].map((row) => ({ side: 'rebuilt' as const, row })),
    ],
  }
}
