const DAY_MS = 86_400_000
const DAYS_A_WEEK = 7
/** 1970 began on a Thursday. */
const FIRST_SATURDAY = 2

/** The next Saturday, 00:00 UTC, after a time in milliseconds since 1970: glFTPd's day. */
export function nextAllotmentAfter(at: number): number {
  const day = Math.floor(at / DAY_MS)
  const sinceSaturday = (day - FIRST_SATURDAY + DAYS_A_WEEK) % DAYS_A_WEEK
  return (day + DAYS_A_WEEK - sinceSaturday) * DAY_MS
}
