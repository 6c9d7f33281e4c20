import {
  isDotEntry,
  type Listing,
  type Rendering,
  type SiteEntry,
} from '#gateways/site/listings/site-entry.ts'

import { formatMachineRow, type Row, rowOf } from '#gateways/ftp/listings/listing-rows.ts'
import type { ListingOptions } from '#gateways/ftp/listings/listing-options.ts'

/** How rows are written. */
export type ListingForm =
  | { readonly kind: 'long' | 'names' }
  | { readonly kind: 'machine'; readonly facts: readonly string[] }

export type ListingOrder = Pick<ListingOptions, 'isAll' | 'order' | 'isReversed'>

export const IN_ORDER: ListingOrder = { isAll: false, order: 'name', isReversed: false }

/** Of one listing: clients that want it otherwise have it made anew. */
const KEPT_RENDERINGS = 4

/** The bytes of a whole listing, made once for all who see the same. */
export function renderListing(
  listing: Listing,
  form: ListingForm,
  order: ListingOrder,
  now: number,
): Rendering {
  const { isAll, order: by, isReversed } = order
  const facts = form.kind === 'machine' ? form.facts.join() : ''
  const key = `${form.kind} ${isAll} ${by} ${isReversed} ${facts}`
  const known = listing.renderings.get(key)
  if (known && now < known.goodUntil) return known
  const made = renderEntries(orderedEntries(listing.entries, order), form, now)
  const { renderings } = listing
  renderings.delete(key)
  if (renderings.size >= KEPT_RENDERINGS) renderings.delete(renderings.keys().next().value!)
  renderings.set(key, made)
  return made
}

export function renderEntries(
  entries: readonly SiteEntry[],
  form: ListingForm,
  now: number,
  nameOf = (entry: SiteEntry): string => entry.name,
): Rendering {
  const write = ROWS[form.kind]
  let text = ''
  let goodUntil = Number.POSITIVE_INFINITY
  for (const entry of entries) {
    const row = write(entry, form, now, nameOf)
    text += `${row.text}\r\n`
    if (row.goodUntil < goodUntil) goodUntil = row.goodUntil
  }
  return { bytes: Buffer.from(text), rows: entries.length, goodUntil }
}

type WriteRow = (
  entry: SiteEntry,
  form: ListingForm,
  now: number,
  nameOf: (entry: SiteEntry) => string,
) => Row

const forEver = (text: string): Row => ({ text, goodUntil: Number.POSITIVE_INFINITY })

const ROWS: Readonly<Record<ListingForm['kind'], WriteRow>> = {
  long: (entry, _, now) => rowOf(entry, now),
  names: (entry, _, _now, nameOf) => forEver(nameOf(entry)),
  machine: (entry, form) =>
    forEver(formatMachineRow(entry, form.kind === 'machine' ? form.facts : [])),
}

export function orderedEntries(
  entries: readonly SiteEntry[],
  { isAll, order, isReversed }: ListingOrder,
): readonly SiteEntry[] {
  const shown = isAll ? entries : entries.filter((entry) => !isDotEntry(entry))
  const compare = COMPARISONS[order]
  const sorted = compare ? shown.toSorted(compare) : shown
  return isReversed ? sorted.toReversed() : sorted
}

/** As `ls` does: the newest, or the largest, first. */
const COMPARISONS: Readonly<
  Record<ListingOptions['order'], ((a: SiteEntry, b: SiteEntry) => number) | undefined>
> = {
  name: undefined,
  time: (a, b) => b.modifiedAt - a.modifiedAt,
  size: (a, b) => b.sizeBytes - a.sizeBytes,
}
