import { describe, expect, test } from 'vitest'

import { listingOf, type SiteEntry } from '#gateways/site/listings/site-entry.ts'

import { IN_ORDER, renderListing } from '#gateways/ftp/listings/listing-bytes.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 0, 15, 12)
const entry = (name: string, more: Partial<SiteEntry> = {}): SiteEntry => ({
  name,
  kind: 'file',
  sizeBytes: 1,
  modifiedAt: NOW,
  owner: 'ana',
  group: 'GRP',
  isStatus: false,
  ...more,
})
const long = { kind: 'long' } as const
const text = (...given: Parameters<typeof renderListing>) =>
  renderListing(...given).bytes.toString()

describe('the rows of a listing', () => {
  test('are made once, until a date is written otherwise', () => {
    const modifiedAt = NOW - 181 * DAY_MS
    const listing = listingOf([entry('a', { modifiedAt }), entry('b')])
    const first = renderListing(listing, long, IN_ORDER, NOW)
    expect(first.bytes.toString()).toContain('Jul 18 12:00 a\r\n')
    expect(renderListing(listing, long, IN_ORDER, NOW + DAY_MS - 1)).toBe(first)
    const later = text(listing, long, IN_ORDER, NOW + DAY_MS)
    expect(later).toContain('Jul 18  2025 a\r\n')
    expect(later).toContain('Jan 15 12:00 b\r\n')
  })

  test('of the future have the year, until it is near', () => {
    const listing = listingOf([entry('a', { modifiedAt: NOW + 2 * DAY_MS })])
    expect(text(listing, long, IN_ORDER, NOW)).toContain('Jan 17  2026 a')
    expect(text(listing, long, IN_ORDER, NOW + DAY_MS)).toContain('Jan 17 12:00 a')
  })

  test('have the modes that somebody has set', () => {
    const kinds: Partial<SiteEntry>[] = [
      { kind: 'directory', mode: 0o700 },
      { mode: 0o640 },
      { kind: 'link', target: 'x' },
    ]
    const rows = text(listingOf(kinds.map((kind) => entry('a', kind))), long, IN_ORDER, NOW)
    expect(rows.split('\r\n').map((row) => row.slice(0, 10))).toEqual([
      'drwx------',
      '-rw-r-----',
      'lrwxrwxrwx',
      '',
    ])
  })

  test('come in the order asked for, with dotfiles of the site for who wants all', () => {
    const listing = listingOf([
      entry('.message', { isStatus: true, sizeBytes: 5, modifiedAt: NOW - 2 }),
      entry('.own', { sizeBytes: 9, modifiedAt: NOW - 1 }),
      entry('a', { sizeBytes: 7 }),
    ])
    const names = (order: Partial<typeof IN_ORDER>) =>
      text(listing, { kind: 'names' }, { ...IN_ORDER, ...order }, NOW)
        .trimEnd()
        .split('\r\n')
    expect(names({})).toEqual(['.own', 'a'])
    expect(names({ isAll: true })).toEqual(['.message', '.own', 'a'])
    expect(names({ order: 'time' })).toEqual(['a', '.own'])
    expect(names({ order: 'size' })).toEqual(['.own', 'a'])
    expect(names({ isAll: true, isReversed: true })).toEqual(['a', '.own', '.message'])
    expect(listing.renderings.size).toBe(4)
  })

  test('tell the facts asked for', () => {
    const listing = listingOf([entry('a')])
    const facts = (...asked: string[]) =>
      text(listing, { kind: 'machine', facts: asked }, IN_ORDER, NOW)
    expect(facts('size')).toBe('size=1; a\r\n')
    expect(facts('type', 'UNIX.owner')).toBe('type=file;UNIX.owner=ana; a\r\n')
  })
})
