import type { Columns, Row, RowOf, Table, Value } from '#projections/kernel/define-table.ts'

/**
 * What happens to one row, for both cases: that it is there, or that it is not. Any number of
 * writes to a row fold into one, so that a batch touches each row once.
 */
export interface Write {
  readonly table: Table
  readonly key: Row
  /** The row afterwards if there is none now; null for none. */
  readonly absent: Row | null
  /** The change if there is one now. */
  readonly present: Change
}

export type Change =
  /** This row, or none. */
  | { readonly kind: 'row'; readonly row: Row | null }
  /** Columns set to a value, and others increased by one. */
  | { readonly kind: 'change'; readonly set: Row; readonly add: Readonly<Record<string, number>> }

type KeyOf<C extends Columns, K extends keyof C> = Pick<RowOf<C>, K>
type RestOf<C extends Columns, K extends keyof C> = Omit<RowOf<C>, K>

/** Writes the whole row, whether or not there is one. */
export function put<C extends Columns, K extends keyof C & string>(
  table: Table<C, K>,
  row: RowOf<C>,
): Write {
  return {
    table: table,
    key: keyOf(table, row as Row),
    absent: row as Row,
    present: { kind: 'row', row: row as Row },
  }
}

/** Sets columns of a row; nothing happens when there is none. */
export function update<C extends Columns, K extends keyof C & string>(
  table: Table<C, K>,
  key: KeyOf<C, K>,
  set: Partial<RestOf<C, K>>,
): Write {
  return {
    table: table,
    key: key as Row,
    absent: null,
    present: { kind: 'change', set: set as Row, add: {} },
  }
}

/** Sets columns of a row; when there is none, it is made of `defaults` and them. */
export function upsert<C extends Columns, K extends keyof C & string>(
  table: Table<C, K>,
  key: KeyOf<C, K>,
  set: Partial<RestOf<C, K>>,
  defaults: RestOf<C, K>,
): Write {
  return {
    table: table,
    key: key as Row,
    absent: { ...key, ...defaults, ...set },
    present: { kind: 'change', set: set as Row, add: {} },
  }
}

/** Adds to columns of a row; when there is none, to `defaults`. */
export function increment<C extends Columns, K extends keyof C & string>(
  table: Table<C, K>,
  key: KeyOf<C, K>,
  add: { readonly [N in keyof RestOf<C, K>]?: RowOf<C>[N] extends number ? number : never },
  defaults: RestOf<C, K>,
): Write {
  const amounts = add as Readonly<Record<string, number>>
  return {
    table: table,
    key: key as Row,
    absent: increased({ ...key, ...defaults }, amounts),
    present: { kind: 'change', set: {}, add: amounts },
  }
}

export function remove<C extends Columns, K extends keyof C & string>(
  table: Table<C, K>,
  key: KeyOf<C, K>,
): Write {
  return {
    table: table,
    key: key as Row,
    absent: null,
    present: { kind: 'row', row: null },
  }
}

/** The row after a write. */
export function written(row: Row | null, { absent, present }: Write): Row | null {
  if (row === null) return absent
  if (present.kind === 'row') return present.row
  return increased({ ...row, ...present.set }, present.add)
}

/** One write with the effect of both, one after the other. */
export function followedBy(first: Write, second: Write): Write {
  const { table, key } = first
  const absent = written(first.absent, second)
  if (first.present.kind === 'row') {
    return { table, key, absent, present: { kind: 'row', row: written(first.present.row, second) } }
  }
  if (second.present.kind === 'row') return { table, key, absent, present: second.present }
  const set: Record<string, Value> = { ...first.present.set }
  const add: Record<string, number> = { ...first.present.add }
  for (const [column, value] of Object.entries(second.present.set)) {
    set[column] = value
    delete add[column]
  }
  for (const [column, amount] of Object.entries(second.present.add)) {
    if (column in set) set[column] = (set[column] as number) + amount
    else add[column] = (add[column] ?? 0) + amount
  }
  return { table, key, absent, present: { kind: 'change', set, add } }
}

function increased(row: Row, add: Readonly<Record<string, number>>): Row {
  const result: Record<string, Value> = { ...row }
  for (const column in add) result[column] = (result[column] as number) + add[column]!
  return result
}

export function keyOf(table: Table, row: Row): Row {
  return Object.fromEntries(table.key.map((column) => [column, row[column]!]))
}
