import type { View } from '#projections/kernel/define-projection.ts'
import type { Columns, Row, RowOf, Table, Value } from '#projections/kernel/define-table.ts'
import { storableText } from '#projections/kernel/storable-text.ts'
import { followedBy, type Write, written } from '#projections/kernel/writes.ts'

/** Folds the writes of a batch, so that each row is touched once when they are flushed. */
export class WriteFold implements View {
  readonly #writes = new Map<Table, Map<string, Write>>()
  readonly #loaded = new Map<Table, Map<Value, readonly Row[]>>()

  /** Takes rows as the database has them before the batch. */
  load(table: Table, partition: Value, rows: readonly Row[]): void {
    const partitions = this.#loaded.get(table) ?? new Map<Value, readonly Row[]>()
    this.#loaded.set(table, partitions.set(clean(partition), rows))
  }

  add(writes: readonly Write[]): void {
    for (const write of writes) {
      let rows = this.#writes.get(write.table)
      if (!rows) this.#writes.set(write.table, (rows = new Map()))
      const id = rowId(write.table, write.key)
      const earlier = rows.get(id)
      rows.set(id, earlier ? followedBy(earlier, write) : write)
    }
  }

  rows<C extends Columns, K extends keyof C & string>(
    typed: Table<C, K>,
    value: Value,
  ): readonly RowOf<C>[] {
    const table = typed as unknown as Table
    const partition = clean(value)
    const loaded = this.#loaded.get(table)?.get(partition)
    if (!loaded) throw new Error(`${table.name} was not asked for ${String(value)}`)
    const rows = new Map(loaded.map((row) => [rowId(table, row), row]))
    for (const [id, write] of this.#writes.get(table) ?? []) {
      if (clean(write.key[table.key[0]!]!) !== partition) continue
      const row = written(rows.get(id) ?? null, write)
      if (row) rows.set(id, row)
      else rows.delete(id)
    }
    return [...rows.values()] as unknown as RowOf<C>[]
  }

  /** The folded writes by table. */
  writes(): ReadonlyMap<Table, Iterable<Write>> {
    return new Map([...this.#writes].map(([table, rows]) => [table, rows.values()]))
  }
}

/** Tells rows of a table apart; the length keeps `a`,`bc` and `ab`,`c` from being one. */
function rowId(table: Table, key: Row): string {
  const first = String(clean(key[table.key[0]!]!))
  if (table.key.length === 1) return first
  let id = first
  for (let part = 1; part < table.key.length; part++) {
    const value = String(clean(key[table.key[part]!]!))
    id += `\n${value.length}\n${value}`
  }
  return id
}

/** A cell as the database will hold it. */
export function clean(value: Value): Value {
  return typeof value === 'string' ? storableText(value) : value
}
