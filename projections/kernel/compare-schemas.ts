import { sql } from 'kysely'

import type { Database } from '#projections/kernel/database.ts'
import type { Row, Table } from '#projections/kernel/define-table.ts'

/** How a table in one schema and its namesake in another differ. */
export interface TableDifference {
  readonly table: string
  /** Rows in the one and in the other. */
  readonly rows: readonly [number, number]
  /** Rows that only the one, and only the other has; a row that differs counts in both. */
  readonly only: readonly [number, number]
  /** The first few of those. */
  readonly examples: readonly [readonly Row[], readonly Row[]]
}

/** Rows of each side that are shown at most. */
const EXAMPLES = 5

/** Compares two tables of the same shape row for row, whatever the order of their rows. */
export async function compareTable(
  db: Database,
  table: Table,
  one: string,
  other: string,
): Promise<TableDifference> {
  const columns = sql.join(Object.keys(table.columns).map((column) => sql.ref(column)))
  const rowsOf = (schema: string) =>
    sql`select ${columns} from ${sql.table(`${schema}.${table.name}`)}`
  const examplesOf = (rows: string) => sql`(select coalesce(json_agg(row), '[]') from
    (select row_to_json(${sql.id(rows)}) as row from ${sql.id(rows)} limit ${EXAMPLES}) as few)`
  const { rows } = await sql<Counts>`
    with one as (${rowsOf(one)}),
      other as (${rowsOf(other)}),
      only_one as (table one except all table other),
      only_other as (table other except all table one)
    select
      (select count(*) from one) as "inOne",
      (select count(*) from other) as "inOther",
      (select count(*) from only_one) as "onlyOne",
      (select count(*) from only_other) as "onlyOther",
      ${examplesOf('only_one')} as "examplesOne",
      ${examplesOf('only_other')} as "examplesOther"
  `.execute(db)
  const found = rows[0]!
  return {
    table: table.name,
    rows: [found.inOne, found.inOther],
    only: [found.onlyOne, found.onlyOther],
    examples: [found.examplesOne, found.examplesOther],
  }
}

export function areEqual(tables: readonly TableDifference[]): boolean {
  return tables.every(({ only: [one, other] }) => one + other === 0)
}

interface Counts {
  readonly inOne: number
  readonly inOther: number
  readonly onlyOne: number
  readonly onlyOther: number
  readonly examplesOne: readonly Row[]
  readonly examplesOther: readonly Row[]
}
