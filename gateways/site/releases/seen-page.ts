import type { Page, PageQuery } from '#projections/read-models.ts'

/** Pages that are looked through for items that the member may see. */
const PAGES_AT_MOST = 5
const PAGE = 200

/**
 * What is hidden does not show by a page that is shorter, nor by one that follows: the next one
 * begins behind the last item that is seen, and is there when one more is. Of a section that is
 * hidden as a whole nothing is looked through, and no page follows.
 */
export async function seenPage<T>(
  { limit, cursor }: PageQuery,
  pageAt: (place: PageQuery) => Promise<Page<T>>,
  isSeen: (item: T) => boolean,
  isPlaceSeen = true,
): Promise<Page<T>> {
  const pagesAtMost = isPlaceSeen ? PAGES_AT_MOST : 1
  const items: T[] = []
  let place: PageQuery = { limit: PAGE, ...(cursor !== undefined && { cursor }) }
  let untilLast = place
  for (let pages = 1; ; pages++) {
    const page = await pageAt(place)
    for (const [index, item] of page.items.entries()) {
      if (!isPlaceSeen || !isSeen(item)) continue
      if (items.length === limit) return { ...(await pageAt(untilLast)), items }
      items.push(item)
      untilLast = { ...place, limit: index + 1 }
    }
    const { nextCursor } = page
    if (nextCursor === null || pages === pagesAtMost) {
      return { ...page, items, nextCursor: isPlaceSeen ? nextCursor : null }
    }
    place = { limit: PAGE, cursor: nextCursor }
  }
}
