import { sql } from 'kysely'

import type { EventLog } from '#events/event-log.ts'
import type { Fact } from '#events/fact.ts'

import { applyBatch, batchLength } from '#projections/kernel/apply.ts'
import {
  type Checkpoints,
  readCheckpoints,
  smallestPosition,
} from '#projections/kernel/checkpoints.ts'
import type { Database } from '#projections/kernel/database.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import { createSchema, dropSchema, swapSchema } from '#projections/kernel/schema.ts'

export interface RebuildOptions {
  readonly db: Database
  readonly log: EventLog
  readonly projections: readonly Projection[]
  /** The schema that is made. One of that name is dropped first. */
  readonly schema: string
  /** The last position to project. Default: the log's head at the time. */
  readonly through?: number
  /** Facts in one transaction. */
  readonly batchSize?: number
  /** Stops between two batches: rejects with the signal's reason. */
  readonly signal?: AbortSignal
  readonly progress?: (position: number) => void
}

const BATCH_SIZE = 2_000

/** Makes every read model from the log in a fresh schema. */
export async function buildSchema(options: RebuildOptions): Promise<Checkpoints> {
  const { db, schema, projections } = options
  await dropSchema(db, schema)
  await createSchema(db, schema, projections)
  const start = await readCheckpoints(db, schema, projections)
  if (!start) throw new Error(`${schema} was changed while it was being built`)
  return catchUp(options, start)
}

/** Projects what a schema lacks; resolves with its checkpoints afterwards. */
export async function catchUp(options: RebuildOptions, from: Checkpoints): Promise<Checkpoints> {
  const { db, schema, log, projections, signal, progress } = options
  const batchSize = options.batchSize ?? BATCH_SIZE
  const through = options.through ?? (await log.head())
  const pages = readPages(log, smallestPosition(from), through, batchSize)
  let checkpoints = from
  let next = pages.next()
  for (let page = await next; !page.done; page = await next) {
    // The next page is read from the log while this one is written.
    next = pages.next()
    next.catch(() => {})
    for (let rest = page.value; rest.length > 0;) {
      signal?.throwIfAborted()
      const facts = rest.slice(0, batchLength(projections, rest, batchSize))
      rest = rest.slice(facts.length)
      const batch = { facts, through: facts.at(-1)!.position }
      checkpoints = await applyBatch(db, schema, projections, checkpoints, batch)
      progress?.(batch.through)
    }
  }
  return checkpoints
}

async function* readPages(
  log: EventLog,
  after: number,
  through: number,
  size: number,
): AsyncGenerator<readonly Fact[]> {
  let page: Fact[] = []
  for await (const fact of log.readAll({ after })) {
    if (fact.position > through) break
    page.push(fact)
    if (page.length < size) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

/** Builds every read model afresh and puts them in the place of the live ones at once. */
export async function rebuild(options: RebuildOptions): Promise<void> {
  const { db, schema } = options
  const fresh = `${schema}_rebuild`
  await withBuildLock(db, schema, async () => {
    await buildSchema({ ...options, schema: fresh })
    await swapSchema(db, fresh, schema)
  })
}

/** Somebody else is rebuilding or verifying the same read models now. */
export class BuildUnderWay extends Error {
  readonly code = 'build-under-way'

  constructor(schema: string) {
    super(`the read models in ${schema} are being rebuilt or verified by somebody else`)
  }
}

/** One rebuild or verification of a schema at a time, over all processes. */
export async function withBuildLock<T>(
  db: Database,
  schema: string,
  run: () => Promise<T>,
): Promise<T> {
  const name = `veza read models ${schema}`
  return db.connection().execute(async (connection) => {
    const { rows } = await sql<{ held: boolean }>`
      select pg_try_advisory_lock(hashtextextended(${name}, 0)) as held`.execute(connection)
    if (!rows[0]?.held) throw new BuildUnderWay(schema)
    try {
      return await run()
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended(${name}, 0))`.execute(connection)
    }
  })
}
