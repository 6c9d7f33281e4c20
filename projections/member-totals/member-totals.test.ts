import { describe, expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { memberTotalsProjection } from '#projections/member-totals/member-totals.projection.ts'
import {
  ALL_SECTIONS,
  memberTotals,
  memberUploads,
} from '#projections/member-totals/member-totals.tables.ts'
import { periodStarts } from '#projections/member-totals/period-starts.ts'

const NOON = Date.UTC(2026, 1, 18, 12)
const NEXT_MONTH = Date.UTC(2026, 2, 2, 12)

function accepted(given: GivenFacts, file: string, at = NOON, credited = true): GivenFacts {
  const figures = { group: 'G', sizeBytes: 100, crc32: '0000000a', durationMs: 9.6 }
  const data = {
    file,
    uploadId: `${file}-upload`,
    ...figures,
    verified: false,
    counted: true,
    credited,
    inStatistics: credited,
  }
  return given.add('race-1', 'race.file-accepted', data, { by: 'ann', at })
}

const inSection = (given: GivenFacts, section: string, type: 'created' | 'renamed' = 'created') =>
  given.add('race-1', `race.${type}`, { section, release: 'R' })

/** Of all time, by section and direction. */
function sectionsAfter(given: GivenFacts) {
  const rows = rowsAfter(memberTotalsProjection, given.facts).of(memberTotals)
  const shown = rows.filter(({ period }) => period === 'all')
  return Object.fromEntries(
    shown.map(({ section, direction, files, size_bytes }) => [
      `${section} ${direction}`,
      [files, size_bytes],
    ]),
  )
}

function totalsAfter(given: GivenFacts, of = ALL_SECTIONS) {
  const all = rowsAfter(memberTotalsProjection, given.facts).of(memberTotals)
  const rows = all.filter(({ section }) => section === of)
  return Object.fromEntries(
    rows.map((row) => [
      `${row.direction} ${row.period} ${row.starts_at}`,
      [row.files, row.size_bytes, row.duration_ms],
    ]),
  )
}

describe('member totals', () => {
  test('an upload counts in the periods of its moment, in UTC', () => {
    const given = accepted(accepted(new GivenFacts(), 'a'), 'b', NEXT_MONTH)
    expect(totalsAfter(given)).toEqual({
      'up all 0': [2, 200, 20],
      [`up month ${Date.UTC(2026, 1, 1)}`]: [1, 100, 10],
      [`up week ${Date.UTC(2026, 1, 16)}`]: [1, 100, 10],
      [`up day ${Date.UTC(2026, 1, 18)}`]: [1, 100, 10],
      [`up month ${Date.UTC(2026, 2, 1)}`]: [1, 100, 10],
      [`up week ${Date.UTC(2026, 2, 2)}`]: [1, 100, 10],
      [`up day ${Date.UTC(2026, 2, 2)}`]: [1, 100, 10],
    })
  })

  test('a file that is deleted later is taken back from where it was counted, once', () => {
    const gone = { member: 'ann', sizeBytes: 100, durationMs: 9.6 }
    const bad = { ...gone, crc32: '0000000a', expectedCrc32: '0000000b', counted: true }
    const given = accepted(accepted(new GivenFacts(), 'a'), 'b')
      .add('race-1', 'race.file-renamed', { from: 'a', to: 'c' })
      .add('race-1', 'race.file-marked-bad', { file: 'c', ...bad }, { at: NEXT_MONTH })
      .add(
        'race-1',
        'race.file-deleted',
        { file: 'c', ...gone, counted: false },
        { at: NEXT_MONTH },
      )
    expect(totalsAfter(given)).toEqual({
      'up all 0': [1, 100, 10],
      [`up month ${Date.UTC(2026, 1, 1)}`]: [1, 100, 10],
      [`up week ${Date.UTC(2026, 1, 16)}`]: [1, 100, 10],
      [`up day ${Date.UTC(2026, 1, 18)}`]: [1, 100, 10],
    })
    const uploads = rowsAfter(memberTotalsProjection, given.facts).of(memberUploads)
    expect(uploads).toMatchObject([{ file: 'b' }])
  })

  test('what a group has brought counts when it is published, and then as all else', () => {
    const given = accepted(accepted(new GivenFacts(), 'a', NOON, false), 'b', NOON, false)
    expect(totalsAfter(given)).toEqual({})
    const uploaders = [{ member: 'ann', group: 'G', files: 2, sizeBytes: 200 }]
    const published = { group: 'G', from: 'pre-G', to: 'x', files: 2, sizeBytes: 200, uploaders }
    given.add('race-1', 'race.published', published, { at: NEXT_MONTH })
    expect(totalsAfter(given)).toMatchObject({
      'up all 0': [2, 200, 20],
      [`up month ${Date.UTC(2026, 2, 1)}`]: [2, 200, 20],
    })
    const gone = { member: 'ann', sizeBytes: 100, durationMs: 9.6, counted: true }
    given.add('race-1', 'race.file-deleted', { file: 'a', ...gone })
    expect(totalsAfter(given)['up all 0']).toEqual([1, 100, 10])
  })

  test('what is deleted before it counts takes nothing away; what is wiped or lost neither', () => {
    const gone = { member: 'ann', sizeBytes: 100, durationMs: 9.6, counted: true }
    const given = accepted(accepted(new GivenFacts(), 'a', NOON, false), 'b')
      .add('race-1', 'race.file-deleted', { file: 'a', ...gone })
      .add('race-1', 'race.file-wiped', { file: 'b', ...gone })
    accepted(accepted(given, 'c'), 'd')
      .add('race-1', 'race.file-lost', { file: 'c', ...gone })
      .add('race-1', 'race.wiped', { files: 1, sizeBytes: 100 })
    expect(totalsAfter(given)['up all 0']).toEqual([3, 300, 30])
    expect(rowsAfter(memberTotalsProjection, given.facts).of(memberUploads)).toEqual([])
  })

  test('a download counts what was sent, and as a file when it was whole', () => {
    const sent = { race: '1', file: 'a', durationMs: 5 }
    const given = new GivenFacts()
      .add(
        'connection-1',
        'connection.file-sent',
        { ...sent, sizeBytes: 70, isWhole: false, inStatistics: true },
        { by: 'bob' },
      )
      .add(
        'connection-1',
        'connection.file-sent',
        { ...sent, sizeBytes: 100, isWhole: true, inStatistics: true },
        { by: 'bob' },
      )
    expect(totalsAfter(given)['down all 0']).toEqual([1, 170, 10])
  })

  test('a section has the same periods as the sum over all', () => {
    const given = accepted(accepted(inSection(new GivenFacts(), 'tv'), 'a'), 'b', NEXT_MONTH)
    expect(Object.keys(totalsAfter(given))).toHaveLength(7)
    expect(totalsAfter(given, 'tv')).toEqual(totalsAfter(given))
  })

  test('an upload stays in the section where it was made, and is taken back from there', () => {
    const given = accepted(inSection(new GivenFacts(), 'tv'), 'a')
    accepted(inSection(given, 'x', 'renamed'), 'b')
    expect(sectionsAfter(given)).toEqual({ ' up': [2, 200], 'tv up': [1, 100], 'x up': [1, 100] })
    const gone = { member: 'ann', sizeBytes: 100, durationMs: 9.6, counted: true }
    given.add('race-1', 'race.file-deleted', { file: 'a', ...gone })
    expect(sectionsAfter(given)).toEqual({ ' up': [1, 100], 'tv up': [0, 0], 'x up': [1, 100] })
  })

  test('what was bad counts in the section where the release is when it is good after all', () => {
    const file = { file: 'a', member: 'ann', sizeBytes: 100, durationMs: 9.6, crc32: '0000000a' }
    const given = accepted(inSection(new GivenFacts(), 'tv'), 'a').add(
      'race-1',
      'race.file-marked-bad',
      { ...file, expectedCrc32: '0000000b', counted: true },
    )
    const good = { ...file, group: 'G', counted: true, credited: true, inStatistics: true }
    inSection(given, 'x', 'renamed').add('race-1', 'race.file-cleared', good)
    expect(sectionsAfter(given)).toEqual({ ' up': [1, 100], 'tv up': [0, 0], 'x up': [1, 100] })
  })

  test('what is published counts in the section that it goes to', () => {
    const given = accepted(inSection(new GivenFacts(), 'pre-G'), 'a', NOON, false)
    const uploaders = [{ member: 'ann', group: 'G', files: 1, sizeBytes: 100 }]
    const published = { group: 'G', from: 'pre-G', to: 'x', files: 1, sizeBytes: 100, uploaders }
    accepted(given.add('race-1', 'race.published', published), 'b')
    expect(sectionsAfter(given)).toEqual({ ' up': [2, 200], 'x up': [2, 200] })
    const gone = { member: 'ann', sizeBytes: 100, durationMs: 9.6, counted: true }
    given.add('race-1', 'race.file-deleted', { file: 'a', ...gone })
    expect(sectionsAfter(given)).toEqual({ ' up': [1, 100], 'x up': [1, 100] })
  })

  test('a download counts in the section of its release, also when that has gone meanwhile', () => {
    const sent = { file: 'a', durationMs: 5, sizeBytes: 70, isWhole: true, inStatistics: true }
    const download = (given: GivenFacts, race: string) =>
      given.add('connection-1', 'connection.file-sent', { ...sent, race }, { by: 'bob' })
    const given = download(inSection(new GivenFacts(), 'tv'), '1')
    download(inSection(given, 'x', 'renamed'), '1')
    download(given.add('race-1', 'race.removed', {}), '1')
    download(given, 'unknown')
    expect(sectionsAfter(given)).toEqual({
      ' down': [4, 280],
      'tv down': [1, 70],
      'x down': [2, 140],
    })
  })

  test.each([
    ['a Thursday', 0, '1970-01-01', '1969-12-29'],
    ['the last millisecond of a Sunday', Date.UTC(2026, 2, 2) - 1, '2026-03-01', '2026-02-23'],
    ['the first of a Monday', Date.UTC(2026, 2, 2), '2026-03-01', '2026-03-02'],
    ['a leap day', Date.UTC(2028, 1, 29, 23), '2028-02-01', '2028-02-28'],
  ])('periods begin where the calendar says: %s', (_, at, month, week) => {
    expect(periodStarts(at)).toMatchObject({
      all: 0,
      month: Date.parse(`${month}T00:00:00Z`),
      week: Date.parse(`${week}T00:00:00Z`),
    })
  })
})
