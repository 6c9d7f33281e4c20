/** The types of column that read models use; all values are plain JSON. */
export type ColumnType = 'text' | 'int8' | 'bool'

export interface Column<V = unknown> {
  readonly type: ColumnType
  readonly isNullable: boolean
  /** Carries the type of the values; there is nothing in it. */
  readonly values?: V
}

export type Columns = Readonly<Record<string, Column>>

/** What a cell holds. */
export type Value = string | number | boolean | null

export type Row = Readonly<Record<string, Value>>

export type RowOf<C extends Columns> = {
  -readonly [K in keyof C]: C[K] extends Column<infer V> ? V : never
}

export interface Index {
  readonly name: string
  /** As it stands in SQL: `(section, created_position desc)`. */
  readonly on: string
  /** Default `btree`. */
  readonly using?: 'btree' | 'hash' | 'brin'
  /** The rows that it holds, as SQL. Default: all. */
  readonly where?: string
}

/** A table of a read model. The names are ours and safe to stand in SQL. */
export interface Table<C extends Columns = Columns, K extends keyof C & string = keyof C & string> {
  readonly name: string
  readonly columns: C
  /** The primary key. Rows can be read back by the value of its first column. */
  readonly key: readonly K[]
  readonly indexes: readonly Index[]
}

export const text: Column<string> = { type: 'text', isNullable: false }
/** A whole number below 2^53. Fractions are not allowed: their sums depend on the order. */
export const int8: Column<number> = { type: 'int8', isNullable: false }
export const bool: Column<boolean> = { type: 'bool', isNullable: false }

export function nullable<V>(column: Column<V>): Column<V | null> {
  return { type: column.type, isNullable: true }
}

const NAME = /^[a-z][a-z0-9_]{0,50}$/

export function defineTable<C extends Columns, K extends keyof C & string>(
  name: string,
  columns: C,
  key: readonly K[],
  indexes: readonly Index[] = [],
): Table<C, K> {
  for (const each of [name, ...Object.keys(columns), ...indexes.map((index) => index.name)]) {
    if (!NAME.test(each)) throw new Error(`${each} is no name for a table, column or index`)
  }
  return { name, columns, key, indexes }
}
