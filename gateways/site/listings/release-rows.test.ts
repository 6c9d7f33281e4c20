import { expect, test } from 'vitest'

import { standingOf } from '#gateways/site/listings/release-rows.ts'
import { contextOf, fileOf, raceOf } from '#test/found-race.fixture.ts'

const wanting = { purpose: 'releases', wantsNfo: true, wantsSample: true } as const

/** As the read models see it: they count good files alone. */
test('a release has what is good of it', () => {
  const context = contextOf({ sizeBytes: 1 })
  const found = raceOf(context, { version: 1 })
  context.files = { 'a.nfo': { ...fileOf(), isBad: true }, 'sample.txt': fileOf() }
  expect(standingOf(found, wanting)).toMatchObject({ hasNfo: false, hasSample: false })
  context.files = { 'a.nfo': fileOf(), 'Sample/a.mkv': fileOf() }
  expect(standingOf(found, wanting)).toMatchObject({ hasNfo: true, hasSample: true })
})

test('a release that only bad files are in has none to ask an sfv for', () => {
  const context = contextOf({ fileCount: 1, sizeBytes: 0 })
  expect(standingOf(raceOf(context, { version: 1 }), wanting).hasFiles).toBe(false)
})
