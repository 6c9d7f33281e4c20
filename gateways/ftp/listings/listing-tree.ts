import { Refusal } from '#events/refusal.ts'

import type { CommandSession } from '#gateways/ftp/command.ts'
import {
  type ListingForm,
  type ListingOrder,
  orderedEntries,
  renderEntries,
} from '#gateways/ftp/listings/listing-bytes.ts'
import { parsePath, type SitePath } from '#gateways/site/path.ts'
import type { Listing, Rendering } from '#gateways/site/listings/site-entry.ts'

/** Of one recursive listing; where it is cut off, its end says so. */
export const TREE_LIMITS = { rows: 20_000, directories: 500 } as const

/**
 * A directory with all below it, as `ls -R` writes it: each further directory under a line with
 * its path. Status entries are not gone into.
 */
export async function renderTree(
  session: CommandSession,
  root: SitePath,
  first: Listing,
  form: ListingForm,
  order: ListingOrder,
): Promise<Rendering> {
  const now = session.now()
  const parts: Buffer[] = []
  const waiting: { readonly name: string; readonly path: SitePath }[] = [{ name: '.', path: root }]
  let rows = 0
  let directories = 0
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    if (rows >= TREE_LIMITS.rows || directories >= TREE_LIMITS.directories) {
      parts.push(Buffer.from('\r\nThere is more below than is shown.:\r\n'))
      break
    }
    const { name, path } = next
    const listing = path === root ? first : await listingAt(session, path)
    if (!listing) continue
    const shown = orderedEntries(listing.entries, order).slice(0, TREE_LIMITS.rows - rows)
    const { bytes } = renderEntries(shown, form, now)
    parts.push(Buffer.from(directories === 0 ? `${name}:\r\n` : `\r\n${name}:\r\n`), bytes)
    directories++
    rows += shown.length
    const below = shown.filter(({ kind, isStatus }) => kind === 'directory' && !isStatus)
    waiting.unshift(
      ...below.map((entry) => ({
        name: `${name}/${entry.name}`,
        path: parsePath(path, entry.name),
      })),
    )
  }
  return { bytes: Buffer.concat(parts), rows, goodUntil: now }
}

/** What has gone meanwhile, or may not be listed by this member, is left out. */
async function listingAt(session: CommandSession, path: SitePath): Promise<Listing | undefined> {
  try {
    return await session.site.list(session.caller(), path, session.state.position)
  } catch (cause) {
    if (cause instanceof Refusal) return undefined
    throw cause
  }
}
