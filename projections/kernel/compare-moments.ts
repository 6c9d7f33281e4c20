import { type BuildOptions, buildSchema } from '#projections/kernel/build.ts'
import { compareTable, type TableDifference } from '#projections/kernel/compare-schemas.ts'
import { withBuildLock } from '#projections/kernel/rebuild.ts'
import { dropSchema } from '#projections/kernel/schema.ts'

export interface MomentsOptions extends Omit<BuildOptions, 'through'> {
  /** Positions of the log. */
  readonly moments: readonly [number, number]
}

/**
 * Builds the read models as they were at two positions, in schemas of their own beside that of
 * the options, and tells how their rows differ. Both are dropped at the end.
 */
export async function compareMoments(options: MomentsOptions): Promise<TableDifference[]> {
  const { db, schema, projections, moments } = options
  const [one, other] = [`${schema}_one`, `${schema}_other`] as const
  return await withBuildLock(db, `${schema}_moments`, async () => {
    try {
      await buildSchema({ ...options, schema: one, through: moments[0] })
      await buildSchema({ ...options, schema: other, through: moments[1] })
      const tables: TableDifference[] = []
      for (const table of projections.flatMap((projection) => projection.tables)) {
        tables.push(await compareTable(db, table, one, other))
      }
      return tables
    } finally {
      await dropSchema(db, one)
      await dropSchema(db, other)
    }
  })
}
