import type { Period } from '#projections/transfer-models.ts'

const DAY_MS = 86_400_000

/** 1970-01-01 was a Thursday, three days after the Monday of its ISO week. */
const THURSDAY = 3

/** When the periods that hold a moment began, in UTC, as milliseconds since 1970; `all` at 0. */
export function periodStarts(at: number): Readonly<Record<Period, number>> {
  const day = Math.floor(at / DAY_MS)
  const weekday = (((day + THURSDAY) % 7) + 7) % 7
  const date = new Date(at)
  return {
    all: 0,
    month: Date.UTC(date.getUTCFullYear(), date.getUTCMonth()),
    week: (day - weekday) * DAY_MS,
    day: day * DAY_MS,
  }
}
