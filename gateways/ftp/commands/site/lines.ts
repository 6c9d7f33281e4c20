import { type Column, table } from '#gateways/cli/admin/columns.ts'

/** Characters of a line, without the code before it: some clients cut longer ones. */
const LINE_CHARACTERS = 190

// Members write some of this themselves: nothing of it may steer a terminal.
const STEERING = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu
/** What is left, else up to a space, else as much as a line takes. */
const PARTS = new RegExp(
  ['$', '(?<= )', ''].map((end) => `.{1,${LINE_CHARACTERS}}${end}`).join('|'),
  'gsu',
)

/** What is longer goes on in the next line, further in. */
export function bounded(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [first = '', ...more] = partsOf(line.replaceAll(STEERING, '?'))
    return [first, ...more.map((part) => `   ${part}`)]
  })
}

function partsOf(line: string): readonly string[] {
  if (line.length <= LINE_CHARACTERS) return [line]
  return (line.match(PARTS) ?? []).map((part) => part.trimEnd())
}

/** A title, named columns, and a last line that counts the rows. */
export function listed<T>(
  title: string,
  rows: readonly T[],
  columns: readonly Column<T>[],
  noun: string,
): string[] {
  const lines = rows.length === 0 ? [] : table(rows, columns).map((line) => ` ${line}`)
  return [title, ...lines, `${counted(rows.length, noun)}.`]
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

const MIB = 2 ** 20
const KIB = 2 ** 10

/** With one digit behind the point. */
export function mebibytes(bytes: number): number {
  return Math.round((bytes / MIB) * 10) / 10
}

/** KiB a second; null where nothing took any time. */
export function speed(sizeBytes: number, durationMs: number): number | null {
  return durationMs === 0 ? null : Math.round(sizeBytes / KIB / (durationMs / 1_000))
}

/** Date and time to the second, in UTC. */
export function moment(at: number | string | null): string {
  return at === null ? '-' : new Date(at).toISOString().slice(0, 19).replace('T', ' ')
}
