const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
const DAY_MS = 86_400_000

/**
 * A time to come, in milliseconds since 1970: `20:00`, the next one in UTC; `+30m`, `+2h`, `+1d`;
 * or ISO 8601 with an offset. Undefined for anything else.
 */
export function publicationTime(text: string, now: number): number | undefined {
  const [, count, unit = ''] = /^\+(\d{1,5})([mhd])$/i.exec(text) ?? []
  if (count !== undefined) return now + Number(count) * UNITS_MS[unit.toLowerCase()]!
  const [, hours, minutes] = /^(\d{1,2}):(\d\d)$/.exec(text) ?? []
  if (hours !== undefined && minutes !== undefined) {
    if (Number(hours) > 23 || Number(minutes) > 59) return undefined
    const midnight = Math.floor(now / DAY_MS) * DAY_MS
    const today = midnight + Number(hours) * UNITS_MS['h']! + Number(minutes) * UNITS_MS['m']!
    return today > now ? today : today + DAY_MS
  }
  const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/i.test(text)
  const time = isIso ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
