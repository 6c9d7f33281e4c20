/** A column of a table: its name with the unit, and what stands in it. */
export interface Column<T> {
  readonly title: string
  readonly of: (row: T) => string | number | null
}

/** Rows under their names, numbers to the right; `-` where there is nothing. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string[] {
  const cells = rows.map((row) => columns.map(({ of }) => of(row)))
  const texts = [columns.map(({ title }) => title), ...cells.map((each) => each.map(cellText))]
  const widths = columns.map((_, index) => Math.max(...texts.map((each) => each[index]!.length)))
  const isRight = columns.map((_, index) => cells.some((each) => typeof each[index] === 'number'))
  return texts.map((each) =>
    each
      .map((text, index) =>
        isRight[index] ? text.padStart(widths[index]!) : text.padEnd(widths[index]!),
      )
      .join('  ')
      .trimEnd(),
  )
}

/** Names and values, one a line. */
export function fields(of: Readonly<Record<string, string | number | null>>): string[] {
  const width = Math.max(...Object.keys(of).map((name) => name.length))
  return Object.entries(of).map(([name, value]) => `${name.padEnd(width)}  ${cellText(value)}`)
}

function cellText(value: string | number | null): string {
  if (value === null || value === '') return '-'
  // Members write some of this themselves: nothing of it may steer the terminal.
  return String(value).replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?')
}
