/** A point in history: of one stream by its version, of the whole log by position or time. */
export type Moment =
  | { readonly version: number }
  | { readonly position: number }
  /** Milliseconds since 1970. */
  | { readonly time: number }

/** Fields of a moment that is no such thing. */
export interface MomentWords {
  /** What a bare number means. */
  readonly bare: 'version' | 'position'
}

const COUNT = /^\d{1,15}$/
/** ISO 8601: a date, or a date and time with its offset. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

/**
 * A moment as people write it: `12` (a version or a position, as `bare` has it), `@345` (a
 * position), `2026-11-21` or `2026-11-21T10:00:00Z`. Undefined for anything else.
 */
export function readMoment(text: string, { bare }: MomentWords): Moment | undefined {
  if (COUNT.test(text)) {
    return bare === 'version' ? { version: Number(text) } : { position: Number(text) }
  }
  if (text.startsWith('@') && COUNT.test(text.slice(1))) return { position: Number(text.slice(1)) }
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : { time }
}
