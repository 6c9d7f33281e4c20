import { describe, expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { memberTotalsProjection } from '#projections/member-totals/member-totals.projection.ts'
import { memberTotals, memberUploads } from '#projections/member-totals/member-totals.tables.ts'
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

function totalsAfter(given: GivenFacts) {
  const rows = rowsAfter(memberTotalsProjection, given.facts).of(memberTotals)
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
