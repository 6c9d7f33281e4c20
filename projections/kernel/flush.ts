import { type RawBuilder, sql } from 'kysely'

import type { Row, Table, Value } from '#projections/kernel/define-table.ts'
import { storableText } from '#projections/kernel/storable-text.ts'
import type { Write } from '#projections/kernel/writes.ts'

/** The statements for a table's folded writes: one for each shape of write. */
export function statementsFor(
  schema: string,
  table: Table,
  writes: Iterable<Write>,
): readonly RawBuilder<unknown>[] {
  const shapes = new Map<string, Write[]>()
  for (const write of writes) {
    const shape = shapeOf(write)
    const group = shapes.get(shape)
    if (group) group.push(write)
    else shapes.set(shape, [write])
  }
  return [...shapes].flatMap(([shape, group]) =>
    makers[shape.slice(0, shape.indexOf(' '))]!(schema, table, group),
  )
}

/** Writes of one shape set and add to the same columns. */
function shapeOf({ absent, present }: Write): string {
  if (present.kind === 'row') return present.row ? 'put ' : 'remove '
  const columns = `${Object.keys(present.set).toSorted().join()}+${Object.keys(present.add).toSorted().join()}`
  if (!absent) return `update ${columns}`
  return isAbsentAlike(absent, present) ? `upsert ${columns}` : `either ${columns}`
}

/** Whether the row to insert holds just the values to set and the amounts to add. */
function isAbsentAlike(absent: Row, { set, add }: { set: Row; add: Row }): boolean {
  for (const column in set) if (absent[column] !== set[column]) return false
  for (const column in add) if (absent[column] !== add[column]) return false
  return true
}

type Maker = (schema: string, table: Table, writes: readonly Write[]) => RawBuilder<unknown>[]

const makers: Readonly<Record<string, Maker>> = {
  put(schema, table, writes) {
    const rest = restOf(table)
    const update = rest.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`)
    const rows = writes.map(({ absent }) => absent!)
    return [insert(schema, table, rows, update)]
  },
  upsert(schema, table, writes) {
    const { set, add } = changeOf(writes[0]!)
    const update = [
      ...Object.keys(set).map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`),
      ...Object.keys(add).map(
        (column) =>
          sql`${sql.ref(column)} = target.${sql.ref(column)} + excluded.${sql.ref(column)}`,
      ),
    ]
    const rows = writes.map(({ absent }) => absent!)
    return [insert(schema, table, rows, update)]
  },
  update(schema, table, writes) {
    const { set, add } = changeOf(writes[0]!)
    const columns = [...Object.keys(set), ...Object.keys(add)]
    if (columns.length === 0) return []
    const rows = writes.map((write) => ({
      ...write.key,
      ...changeOf(write).set,
      ...changeOf(write).add,
    }))
    const assignments = [
      ...Object.keys(set).map((column) => sql`${sql.ref(column)} = given.${sql.ref(column)}`),
      ...Object.keys(add).map(
        (column) => sql`${sql.ref(column)} = target.${sql.ref(column)} + given.${sql.ref(column)}`,
      ),
    ]
    return [
      sql`update ${sql.table(`${schema}.${table.name}`)} as target set ${sql.join(assignments)}
        from ${given(table, [...table.key, ...columns], rows)} where ${sameKey(table)}`,
    ]
  },
  // The row to insert is not what the change would make of it, so each case has its statement.
  either(schema, table, writes) {
    const rows = writes.map(({ absent }) => absent!)
    return [...makers['update']!(schema, table, writes), insert(schema, table, rows, [])]
  },
  remove(schema, table, writes) {
    const rows = writes.map(({ key }) => key)
    return [
      sql`delete from ${sql.table(`${schema}.${table.name}`)} as target
        using ${given(table, table.key, rows)} where ${sameKey(table)}`,
    ]
  },
}

function insert(
  schema: string,
  table: Table,
  rows: readonly Row[],
  update: readonly RawBuilder<unknown>[],
): RawBuilder<unknown> {
  const columns = Object.keys(table.columns)
  const key = sql.join(table.key.map((column) => sql.ref(column)))
  const action = update.length === 0 ? sql`do nothing` : sql`do update set ${sql.join(update)}`
  return sql`insert into ${sql.table(`${schema}.${table.name}`)} as target
    (${sql.join(columns.map((column) => sql.ref(column)))})
    select * from ${given(table, columns, rows)} on conflict (${key}) ${action}`
}

/** The rows as a table `given`: one array for each column. */
function given(
  table: Table,
  columns: readonly string[],
  rows: readonly Row[],
): RawBuilder<unknown> {
  const arrays = columns.map((column) => {
    const { type } = table.columns[column]!
    return sql`${arrayLiteral(rows, column)}::${sql.raw(type)}[]`
  })
  const names = sql.join(columns.map((column) => sql.ref(column)))
  return sql`unnest(${sql.join(arrays)}) as given(${names})`
}

function sameKey(table: Table): RawBuilder<unknown> {
  const parts = table.key.map((column) => sql`target.${sql.ref(column)} = given.${sql.ref(column)}`)
  return sql.join(parts, sql` and `)
}

/** A column's values as the text of an array (PostgreSQL documentation, 8.15.2). */
function arrayLiteral(rows: readonly Row[], column: string): string {
  return `{${rows.map((row) => element(row[column]!)).join(',')}}`
}

function element(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value !== 'string') return String(value)
  return `"${storableText(value).replace(/["\\]/g, '\\$&')}"`
}

function restOf(table: Table): string[] {
  const key: readonly string[] = table.key
  return Object.keys(table.columns).filter((column) => !key.includes(column))
}

function changeOf({ present }: Write): { set: Row; add: Readonly<Record<string, number>> } {
  if (present.kind !== 'change') throw new Error('this write replaces its row')
  return present
}
