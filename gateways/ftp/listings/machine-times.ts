const FORM = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d{1,9})?$/

/**
 * RFC 3659 section 2.3: `YYYYMMDDHHMMSS` in UTC, parts of a second left out; without seconds
 * too, as some clients have it. Milliseconds since 1970; undefined for what is no such time.
 */
export function timeIn(text: string): number | undefined {
  const [, ...parts] = FORM.exec(text) ?? []
  const [year, month, day, hour, minute, second = 0] = parts.map((part) => Number(part ?? 0))
  if (year === undefined) return undefined
  const at = Date.UTC(year, month! - 1, day, hour, minute, second)
  // A 31st of April would be the 1st of May.
  const date = new Date(at)
  const isReal =
    date.getUTCMonth() === month! - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute
  return isReal && second < 60 && year >= 1970 ? at : undefined
}
