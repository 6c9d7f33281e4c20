/** Where a log's chain of hashes ends. */
export interface LogEnd {
  readonly position: number
  readonly hash: string
}

export interface LogCounts {
  readonly name: string
  readonly records: number
  readonly sizeBytes: number
}

/** What is counted in a log. */
export interface LogFigures {
  readonly logId: string
  readonly end: LogEnd
  readonly records: number
  readonly compacted: number
  readonly sizeBytes: number
  readonly firstAt: number | null
  readonly lastAt: number | null
  readonly streams: number
  readonly kinds: readonly LogCounts[]
  readonly types: readonly LogCounts[]
  readonly largestStreams: readonly LogCounts[]
  readonly fileBytes: number
  readonly freePages: number
  readonly pages: number
}

/** The figures as a person reads them. */
export function figureLines(figures: LogFigures): string[] {
  const { end, firstAt, lastAt } = figures
  return [
    `log       ${figures.logId}`,
    `head      ${end.position}  ${end.hash}`,
    `records   ${grouped(figures.records)}${compacted(figures.compacted)}, ${bytes(figures.sizeBytes)}`,
    `streams   ${grouped(figures.streams)}`,
    `first     ${moment(firstAt)}`,
    `last      ${moment(lastAt)}`,
    `file      ${bytes(figures.fileBytes)}, ${grouped(figures.freePages)} of ${grouped(figures.pages)} pages free`,
    ...table('kind', figures.kinds),
    ...table('type', figures.types),
    ...table('largest stream', figures.largestStreams),
  ]
}

function compacted(count: number): string {
  return count === 0 ? '' : ` and ${grouped(count)} compacted`
}

function moment(at: number | null): string {
  return at === null ? '-' : new Date(at).toISOString()
}

function table(title: string, rows: readonly LogCounts[]): string[] {
  const width = Math.max(title.length, ...rows.map(({ name }) => name.length))
  return [
    '',
    `${title.padEnd(width)}     records        size`,
    ...rows.map(
      ({ name, records, sizeBytes }) =>
        `${name.padEnd(width)}  ${grouped(records).padStart(10)}  ${bytes(sizeBytes).padStart(10)}`,
    ),
  ]
}

export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `512 B`, `1.5 MiB`. */
export function bytes(count: number): string {
  let value = count
  let unit = 0
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024
    unit++
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${UNITS[unit]}`
}
