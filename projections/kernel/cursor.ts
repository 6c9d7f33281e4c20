import { Refusal } from '#events/refusal.ts'

export const CURSOR_REFUSALS = { invalidCursor: 'invalid-cursor' } as const

/** A place in a list, opaque to the client: the list's name and the last item's sort key. */
export function encodeCursor(list: string, key: number): string {
  return Buffer.from(`${list}:${key}`).toString('base64url')
}

/** The sort key after which the next page begins. Throws the refusal `invalid-cursor`. */
export function decodeCursor(list: string, cursor: string): number {
  const text = Buffer.from(cursor.slice(0, 64), 'base64url').toString()
  const key = Number(text.slice(list.length + 1))
  if (!Number.isSafeInteger(key) || encodeCursor(list, key) !== cursor) {
    throw new Refusal(CURSOR_REFUSALS.invalidCursor, 'That cursor is none of this list.')
  }
  return key
}

/** Cuts one item more than asked for into a page and the cursor of the next. */
export function pageOf<T>(
  list: string,
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => number,
): { readonly items: readonly T[]; readonly nextCursor: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return { items, nextCursor: hasMore ? encodeCursor(list, keyOf(last)) : null }
}

/** Items of one page at most. */
const PAGE_LIMIT = 1_000

export function pageLimit(limit: number): number {
  return Math.min(PAGE_LIMIT, Math.max(1, Math.trunc(limit)))
}
