/** A word, and where it begins in what was said. */
interface Word {
  readonly text: string
  readonly at: number
}

const QUOTED = '"'

/** Words parted by spaces; one in quotes or in `{}` may hold spaces, and loses its quotes. */
export function wordsOf(said: string): Word[] {
  return [...said.matchAll(/"[^"]*"(?=\s|$)|\{[^{}]*\}(?=\s|$)|\S+/g)].map(({ 0: raw, index }) => {
    const isQuoted = raw.length > 1 && raw.startsWith(QUOTED) && raw.endsWith(QUOTED)
    return { text: isQuoted ? raw.slice(1, -1) : raw, at: index }
  })
}

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** Bytes: glFTPd counts in KiB where no unit is said. Undefined: it is no amount. */
export function bytesIn(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12})([KMGT]?)(?:i?B)?$/i.exec(text) ?? []
  if (digits === undefined) return undefined
  const bytes = Number(digits) * UNITS[unit === '' ? 'K' : unit.toUpperCase()]!
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** A whole number within bounds. Undefined: it is none. */
export function countIn(text: string, min: number, max: number): number | undefined {
  const count = /^-?\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return count >= min && count <= max ? count : undefined
}
