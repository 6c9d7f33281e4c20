/** Items of one page. */
const LIMIT = 100

interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

/** Asks for page after page of a list, until there are `most` items or no more. */
export async function firstOf<Item>(
  most: number,
  pageAt: (place: { readonly limit: number; readonly cursor?: string }) => Promise<Page<Item>>,
): Promise<{ readonly items: Item[]; readonly isAll: boolean }> {
  const items: Item[] = []
  let cursor: string | null = null
  do {
    const page: Page<Item> = await pageAt({ limit: LIMIT, ...(cursor !== null && { cursor }) })
    items.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null && items.length < most)
  return { items, isAll: cursor === null }
}
