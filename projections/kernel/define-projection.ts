import type { KnownFact } from '#events/catalogue.ts'
import type { Fact } from '#events/fact.ts'
import { entryOf } from '#events/records.ts'

import type { Columns, RowOf, Table, Value } from '#projections/kernel/define-table.ts'
import type { Write } from '#projections/kernel/writes.ts'

/** Rows that a fact's projection must see: all whose key begins with this value. */
export interface Partition {
  readonly table: Table
  readonly value: Value
}

/** The rows of the partitions that were asked for, as they are before the fact. */
export interface View {
  rows<C extends Columns, K extends keyof C & string>(
    table: Table<C, K>,
    partition: Value,
  ): readonly RowOf<C>[]
}

type FactOfType<T extends KnownFact['type']> = Extract<KnownFact, { type: T }>

export interface ProjectionSpec {
  readonly name: string
  /** Raised when `on` folds differently: the projection's tables are then rebuilt. */
  readonly version: number
  readonly tables: readonly Table<any, any>[]
  /** What a fact writes, by its type. Pure: no clock, no randomness, nothing but the fact. */
  readonly on?: {
    readonly [T in KnownFact['type']]?: (fact: FactOfType<T>, view: View) => readonly Write[]
  }
  /** Its older rows are not served while they are rebuilt: who asks waits for the new ones. */
  readonly mustBeCurrent?: boolean
  /** What every fact of any type writes, unknown ones too. */
  readonly onEvery?: (fact: Fact) => readonly Write[]
  /** What `on` of the same type will look at. Most facts need nothing. */
  readonly reads?: {
    readonly [T in KnownFact['type']]?: (fact: FactOfType<T>) => readonly Partition[]
  }
}

/** Folds facts into the rows of its own tables. Types that it does not know are ignored. */
export interface Projection {
  readonly name: string
  readonly version: number
  readonly tables: readonly Table[]
  readonly mustBeCurrent: boolean
  project(fact: Fact, view: View): readonly Write[]
  reads(fact: Fact): readonly Partition[]
}

type Handlers<R> = Readonly<Record<string, (fact: Fact, view: View) => readonly R[]>>

const NONE: readonly never[] = []

export function defineProjection(spec: ProjectionSpec): Projection {
  const { name, version, onEvery, mustBeCurrent = false } = spec
  const on = (spec.on ?? {}) as unknown as Handlers<Write>
  const reads = (spec.reads ?? {}) as unknown as Handlers<Partition>
  return {
    name,
    version,
    tables: spec.tables as readonly Table[],
    mustBeCurrent,
    project(fact, view) {
      const known = entryOf(on, fact.type)?.(fact, view) ?? NONE
      if (!onEvery) return known
      const every = onEvery(fact)
      return known.length === 0 ? every : [...every, ...known]
    },
    reads: (fact) => entryOf(reads, fact.type)?.(fact, NO_ROWS) ?? NONE,
  }
}

const NO_ROWS: View = { rows: () => NONE }

export function partition<C extends Columns, K extends keyof C & string>(
  table: Table<C, K>,
  value: Value,
): Partition {
  return { table: table, value }
}
