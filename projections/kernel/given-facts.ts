import type { KnownFact } from '#events/catalogue.ts'
import { type Fact, NO_VERSION } from '#events/fact.ts'

import type { Projection } from '#projections/kernel/define-projection.ts'
import type { Columns, Row, RowOf, Table } from '#projections/kernel/define-table.ts'
import { WriteFold } from '#projections/kernel/write-fold.ts'
import { written } from '#projections/kernel/writes.ts'

type DataOf<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>['data']

/** For tests: a history, with the first fact at position 1. */
export class GivenFacts {
  readonly facts: Fact[] = []
  readonly #versions = new Map<string, number>()

  add<T extends KnownFact['type']>(
    stream: string,
    type: T,
    data: DataOf<T>,
    origin: { at?: number; by?: string; connection?: string } = {},
  ): this {
    return this.addUnknown(stream, type, data, origin)
  }

  addUnknown(
    stream: string,
    type: string,
    data: unknown,
    { at = 0, by, connection }: { at?: number; by?: string; connection?: string } = {},
  ): this {
    const version = (this.#versions.get(stream) ?? NO_VERSION) + 1
    this.#versions.set(stream, version)
    const position = this.facts.length + 1
    const id = `00000000-0000-7000-8000-${String(position).padStart(12, '0')}`
    const origin = { at, by: by ?? null, connection: connection ?? null }
    const meta = { ...origin, commandId: id, correlationId: id, causationId: null, schema: 1 }
    this.facts.push({ id, stream, version, position, type, data, meta })
    return this
  }
}

/** For tests: the rows that a projection makes of facts, projected one by one in memory. */
export function rowsAfter(projection: Projection, facts: readonly Fact[]): Rows {
  const tables = new Map<Table, Map<string, Row>>()
  const rowsOf = (table: Table): Map<string, Row> => {
    const rows = tables.get(table) ?? new Map<string, Row>()
    tables.set(table, rows)
    return rows
  }
  for (const fact of facts) {
    const fold = new WriteFold()
    for (const { table, value } of projection.reads(fact)) {
      const rows = [...rowsOf(table).values()].filter((row) => row[table.key[0]!] === value)
      fold.load(table, value, rows)
    }
    fold.add(projection.project(fact, fold))
    for (const [table, writes] of fold.writes()) {
      for (const write of writes) {
        const id = JSON.stringify(table.key.map((column) => write.key[column]))
        const row = written(rowsOf(table).get(id) ?? null, write)
        if (row) rowsOf(table).set(id, row)
        else rowsOf(table).delete(id)
      }
    }
  }
  return {
    of: <C extends Columns, K extends keyof C & string>(table: Table<C, K>) =>
      [...rowsOf(table).values()] as unknown as RowOf<C>[],
  }
}

export interface Rows {
  of<C extends Columns, K extends keyof C & string>(table: Table<C, K>): readonly RowOf<C>[]
}
