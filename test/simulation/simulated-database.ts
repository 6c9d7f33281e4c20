import type { Fact } from '#events/fact.ts'
import type { Projection } from '#projections/kernel/define-projection.ts'
import type { Row, Table } from '#projections/kernel/define-table.ts'
import { WriteFold } from '#projections/kernel/write-fold.ts'
import { written } from '#projections/kernel/writes.ts'

/** Somebody else has moved the checkpoint on. */
export class Overtaken extends Error {}

/**
 * The tables of the read models, with their checkpoint: a transaction writes both or none. The
 * folding of writes is the real one; each folded write is then done to its row, which is what the
 * statements of `flush.ts` do in PostgreSQL (proved there by its own suites).
 */
export class SimulatedDatabase {
  readonly #projections: readonly Projection[]
  readonly #tables = new Map<Table, Map<string, Row>>()
  #checkpoint = 0

  constructor(projections: readonly Projection[]) {
    this.#projections = projections
  }

  get checkpoint(): number {
    return this.#checkpoint
  }

  /** Projects facts in one transaction. Throws `Overtaken`, having written nothing. */
  apply(facts: readonly Fact[], from: number, through: number): void {
    if (this.#checkpoint !== from) throw new Overtaken('somebody else has moved the checkpoint on')
    const fold = new WriteFold()
    for (const projection of this.#projections) {
      for (const fact of facts) this.#load(projection, fact, fold)
    }
    for (const projection of this.#projections) {
      for (const fact of facts) fold.add(projection.project(fact, fold))
    }
    for (const [table, writes] of fold.writes()) {
      const rows = this.#rowsOf(table)
      for (const write of writes) {
        const id = idOf(table, write.key)
        const row = written(rows.get(id) ?? null, write)
        if (row) rows.set(id, row)
        else rows.delete(id)
      }
    }
    this.#checkpoint = through
  }

  #load(projection: Projection, fact: Fact, fold: WriteFold): void {
    for (const { table, value } of projection.reads(fact)) {
      const rows = [...this.#rowsOf(table).values()]
      const own = rows.filter((row) => row[table.key[0]!] === value)
      fold.load(table, value, own)
    }
  }

  #rowsOf(table: Table): Map<string, Row> {
    let rows = this.#tables.get(table)
    if (!rows) this.#tables.set(table, (rows = new Map()))
    return rows
  }

  /** The rows of all tables, as texts that can be compared. */
  rows(): Map<string, readonly string[]> {
    const tables = this.#projections.flatMap((projection) => projection.tables)
    return new Map(
      tables.map((table) => [
        table.name,
        [...this.#rowsOf(table).values()].map((row) => textOf(table, row)).toSorted(),
      ]),
    )
  }
}

const idOf = (table: Table, key: Row): string =>
  JSON.stringify(table.key.map((column) => key[column]))

const textOf = (table: Table, row: Row): string =>
  JSON.stringify(Object.keys(table.columns).map((column) => row[column]))
