import { sql } from 'kysely'

import {
  type BuildOptions,
  buildOrResume,
  buildSchema,
  catchUp,
  catchUpWithHead,
} from '#projections/kernel/build.ts'
import type { Database } from '#projections/kernel/database.ts'
import { assertReplaceable, dropSchema, tablesIn } from '#projections/kernel/schema.ts'
import { lockCheckpoints, renameSchema, retiredName } from '#projections/kernel/swap.ts'

export interface RebuildOptions extends BuildOptions {
  /** Goes on where an earlier rebuild was cut, instead of beginning anew. */
  readonly resumes?: boolean
}

/** Where rows are built before they take the place of the live ones. */
export function freshName(schema: string): string {
  return `${schema}_rebuild`
}

/**
 * Builds every read model afresh beside the live ones and puts them in their place at once, when
 * they hold all that the live ones do: what is served never goes back. Who projects the live
 * ones meanwhile keeps them in step, waits during the swap, and finds the new ones.
 *
 * With `through` they are left as they were at that position.
 */
export async function rebuild(options: RebuildOptions): Promise<void> {
  const { db, schema, through } = options
  const fresh = freshName(schema)
  await withBuildLock(db, schema, async () => {
    await assertReplaceable(db, schema)
    const own = { ...options, schema: fresh }
    const first = await (options.resumes ? buildOrResume(own) : buildSchema(own))
    const built = through === undefined ? await catchUpWithHead(own, first) : first
    await dropSchema(db, retiredName(schema))
    await db.transaction().execute(async (trx) => {
      await lockCheckpoints(trx, schema)
      if (through === undefined) await catchUp({ ...own, db: trx }, built)
      await renameSchema(trx, fresh, schema)
    })
    await dropSchema(db, retiredName(schema))
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

/** Drops what a rebuild that is needed no more, or one that ended too soon, has left behind. */
export async function dropLeftover(db: Database, schema: string): Promise<void> {
  for (const name of [freshName(schema), retiredName(schema)]) {
    if ((await tablesIn(db, name)).length === 0) continue
    try {
      await withBuildLock(db, schema, () => dropSchema(db, name))
    } catch (cause) {
      // Then it is no leftover.
      if (!(cause instanceof BuildUnderWay)) throw cause
    }
  }
}
