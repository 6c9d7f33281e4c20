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
  const width = Math.max(...tables.map(({ table }) => table.length))
  const lines = tables.flatMap((each) => [
    `${each.table.padEnd(width)}  ${String(each.liveRows).padStart(8)} rows  ${outcome(each)}`,
    ...each.examples.map(({ side, row }) => `  ${side}: ${JSON.stringify(row)}`),
  ])
  const end = isEqual
    ? `equal at position ${position}, row for row`
    : `NOT equal at position ${position}`
  return [...lines, end]
}

function outcome({ onlyLive, onlyRebuilt, rebuiltRows }: TableComparison): string {
  if (onlyLive + onlyRebuilt === 0) return 'equal'
  return `differ: rebuilt ${rebuiltRows}, ${onlyLive} only live, ${onlyRebuilt} only rebuilt`
}
