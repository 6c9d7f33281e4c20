import { expect, test } from 'vitest'

import { DEFAULT_SECTION_RULES as rules } from '#events/section-rules.ts'

import { contextOf, fileOf, raceOf } from '#test/found-race.fixture.ts'
import { createFolderListings } from '#gateways/site/listings/listing-folder.ts'

function setup() {
  let now = 1_000
  let heard = 0
  const context = contextOf()
  const listings = createFolderListings({
    siteName: 'veza',
    startedAt: 1,
    now: () => now,
  })
  return {
    context,
    of: (version: number, folder = '', position = 0, by = rules) =>
      listings.of(raceOf(context, { version }), folder, by, position, heard),
    at: (ms: number, position: number) => {
      now = ms
      heard = position
    },
  }
}
type Listings = ReturnType<typeof setup>
const names = (listings: Listings, version: number, folder = '', by = rules): string[] =>
  listings.of(version, folder, 0, by).listing.entries.map(({ name }) => name)

test('one listing for all, until the race has changed', () => {
  const listings = setup()
  listings.context.files['b'] = fileOf()
  const first = listings.of(1)
  expect(listings.of(1)).toBe(first)
  listings.context.files['a'] = fileOf()
  const [a, b] = listings.of(2).listing.entries
  expect([a!.name, b!.name]).toEqual(['a', 'b'])
  expect(b).toBe(first.listing.entries[0])
})

test('what has been touched, renamed or given another mode has another entry', () => {
  const listings = setup()
  const kept = (listings.context.files['a'] = fileOf())
  const [first] = listings.of(1).listing.entries
  kept.modifiedAtMs = 77
  listings.context.modes['a'] = 0o600
  const [second] = listings.of(2).listing.entries
  expect(first).toMatchObject({ modifiedAt: 50 })
  expect(second).toMatchObject({ modifiedAt: 77, mode: 0o600 })
  delete listings.context.files['a']
  listings.context.files['c'] = kept
  expect(listings.of(3).listing.entries).toMatchObject([{ name: 'c', modifiedAt: 77 }])
})

test('each disc has its own bar and markers, the release counts all', () => {
  const listings = setup()
  const { context } = listings
  context.directories = { CD1: true, CD2: true }
  context.expected = { 'CD1/a': '0000000a', 'CD2/b': '0000000a', 'CD2/c': '0000000a' }
  context.files = { 'CD1/a': fileOf({ acceptedAtMs: 60 }), 'CD2/c': fileOf({ isBad: true }) }
  Object.assign(context, { expectedCount: 3, doneCount: 1, sizeBytes: 1_024 })
  expect(names(listings, 1)).toEqual([
    '[###:::::::] -  33% Complete - [veza]',
    '.message',
    'CD1',
    'CD2',
  ])
  expect(names(listings, 1, 'CD1')).toEqual(['[veza] - ( 1K 1F - COMPLETE ) - [veza]', 'a'])
  expect(names(listings, 1, 'CD2')).toEqual([
    '[::::::::::] -   0% Complete - [veza]',
    'b-missing',
    'c.bad',
  ])
  const discs = listings.of(1).listing.entries.slice(2)
  expect(discs.map(({ modifiedAt }) => modifiedAt)).toEqual([60, 50])
})

test('a marker gives way to a file of its name, and hidden names have none', () => {
  const listings = setup()
  const { context } = listings
  context.expected = { a: '0000000a', 'b.imdb': '0000000a' }
  context.files = { 'a-missing': fileOf(), 'c.imdb': fileOf(), 'd.IMDB': fileOf({ isBad: true }) }
  const hiding = { ...rules, hiddenFiles: ['*.imdb'] }
  expect(names(listings, 1, '', hiding)).toEqual(['a-missing'])
  expect(names(listings, 1, '', rules)).toEqual([
    'b.imdb-missing',
    'd.IMDB.bad',
    'a-missing',
    'c.imdb',
  ])
})

test('who has published a release hides who brought it before, and nobody later', () => {
  const listings = setup()
  listings.context.files = { a: fileOf(), b: fileOf({ acceptedAtMs: 200, member: 'bob' }) }
  listings.context.published = { group: 'CREW', from: 'pre-CREW', atMs: 100 }
  const who = listings.of(1).listing.entries.map(({ owner, group }) => [owner, group])
  expect(who).toEqual([
    ['CREW', 'CREW'],
    ['bob', 'GRP'],
  ])
})

test('a large folder is not made anew for each file, but for who has brought it', () => {
  const listings = setup()
  for (let n = 0; n < 2_000; n++) listings.context.files[`f${n}`] = fileOf()
  const first = listings.of(1)
  listings.context.files['new'] = fileOf()
  listings.at(1_010, 7)
  expect(listings.of(2)).toBe(first)
  const own = listings.of(2, '', 7)
  expect(own.listing.entries.at(-1)!.name).toBe('new')
  listings.context.files['newer'] = fileOf()
  listings.at(1_070, 8)
  expect(listings.of(3).listing.entries.at(-1)!.name).toBe('newer')
})

test('says whether a look at the folder tells who sees its names', () => {
  const listings = setup()
  listings.context.files = { 'a.rar': fileOf() }
  expect(listings.of(1).arePlain).toBe(true)
  listings.context.expected = { 'é.rar': '0000000a' }
  expect(listings.of(2).arePlain).toBe(false)
})
