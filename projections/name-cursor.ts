import { Refusal } from '#events/refusal.ts'

import { CURSOR_REFUSALS, pageLimit } from '#projections/kernel/cursor.ts'

/** Names, and what stands for them, are shorter. */
const CURSOR_CHARACTERS = 500

/** A place in a list that is sorted by name. */
export function encodeNameCursor(list: string, name: string): string {
  return Buffer.from(`${list}:${name}`).toString('base64url')
}

/** The name after which the next page begins. Throws the refusal `invalid-cursor`. */
export function decodeNameCursor(list: string, cursor: string): string {
  const text = Buffer.from(cursor.slice(0, CURSOR_CHARACTERS), 'base64url').toString()
  const name = text.slice(list.length + 1)
  if (name.includes('\0') || encodeNameCursor(list, name) !== cursor) {
    throw new Refusal(CURSOR_REFUSALS.invalidCursor, 'That cursor is none of this list.')
  }
  return name
}

export interface NamePageQuery {
  readonly limit: number
  readonly cursor?: string
}

/** Where a page by names begins, and how many rows to ask for: one more than it shows. */
export function namePage(list: string, { limit, cursor }: NamePageQuery) {
  const shown = pageLimit(limit)
  return {
    after: cursor === undefined ? undefined : decodeNameCursor(list, cursor),
    rows: shown + 1,
    /** Cuts the rows into a page and the cursor of the next. */
    of<T extends { readonly id: string }>(rows: readonly T[]) {
      const items = rows.slice(0, shown)
      const last = items.at(-1)
      const hasMore = rows.length > shown && last !== undefined
      return { items, nextCursor: hasMore ? encodeNameCursor(list, last.id) : null }
    },
  }
}
