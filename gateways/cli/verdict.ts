/** How the live rows of a table compare with those rebuilt from the log. */
export interface TableComparison {
  readonly table: string
  readonly liveRows: number
  readonly rebuiltRows: number
  readonly onlyLive: number
  readonly onlyRebuilt: number
  readonly examples: readonly { readonly side: string; readonly row: unknown }[]
}

export interface Comparison {
  readonly isEqual: boolean
  readonly position: number
  readonly tables: readonly TableComparison[]
}

/** The outcome of `replay --verify` as a person reads it. */
export function verdictLines({ isEqual, position, tables }: Comparison): string[] {
  const width = widthOf(tables)
  const lines = tables.flatMap((each) => [
    `${each.table.padEnd(width)}  ${String(each.liveRows).padStart(8)} rows  ${outcome(each)}`,
    ...each.examples.map(({ side, row }) => `  ${side}: ${JSON.stringify(row)}`),
  ])
  const end = isEqual
    ? `equal at position ${position}, row for row`
    : `NOT equal at position ${position}`
  return [...lines, end]
}

function widthOf(tables: readonly { readonly table: string }[]): number {
  return Math.max(0, ...tables.map(({ table }) => table.length))
}

function outcome({ onlyLive, onlyRebuilt, rebuiltRows }: TableComparison): string {
  if (onlyLive + onlyRebuilt === 0) return 'equal'
  return `differ: rebuilt ${rebuiltRows}, ${onlyLive} only live, ${onlyRebuilt} only rebuilt`
}

/** How a table was at one moment and at another. */
export interface TableMoments {
  readonly table: string
  readonly rows: readonly [number, number]
  readonly only: readonly [number, number]
  readonly examples: readonly [readonly unknown[], readonly unknown[]]
}

/** The outcome of `replay --diff` as a person reads it: `-` was there, `+` is there now. */
export function momentsLines(
  tables: readonly TableMoments[],
  [from, to]: readonly [number, number],
): string[] {
  const width = widthOf(tables)
  const lines = tables.flatMap(({ table, rows, only, examples }) => {
    const [before, after] = rows.map((count) => String(count).padStart(8))
    const [gone, come] = only
    const words = gone + come === 0 ? 'equal' : `${gone} rows gone, ${come} come`
    return [
      `${table.padEnd(width)}  ${before} rows  ${after} rows  ${words}`,
      ...examples[0].map((row) => `  - ${JSON.stringify(row)}`),
      ...examples[1].map((row) => `  + ${JSON.stringify(row)}`),
    ]
  })
  return [...lines, `position ${from} on the left, position ${to} on the right`]
}
