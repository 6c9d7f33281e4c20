import { describe, expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { raceFilesProjection } from '#projections/race-files/race-files.projection.ts'
import { raceFiles, raceProgress, raceRacers } from '#projections/race-files/race-files.tables.ts'

const A = '0000000a'
const B = '0000000b'

function started(given: GivenFacts, file: string, by = 'ann'): GivenFacts {
  const upload = { file, uploadId: `${file}-upload`, group: 'G', offsetBytes: 0 }
  return given.add('race-1', 'race.upload-started', upload, { by })
}

function accepted(given: GivenFacts, file: string, crc32: string, more: object = {}): GivenFacts {
  const figures = { group: 'G', sizeBytes: 100, crc32, durationMs: 10.4 }
  const data = {
    file,
    uploadId: `${file}-upload`,
    ...figures,
    verified: false,
    counted: true,
    credited: true,
    inStatistics: true,
  }
  return given.add('race-1', 'race.file-accepted', { ...data, ...more }, { by: 'ann', at: 5 })
}

const listed = (given: GivenFacts, ...entries: [string, string][]) =>
  given.add('race-1', 'race.sfv-added', { file: 'x.sfv', entries })

function after(given: GivenFacts) {
  const rows = rowsAfter(raceFilesProjection, given.facts)
  return {
    files: rows.of(raceFiles),
    racers: rows.of(raceRacers),
    progress: rows.of(raceProgress)[0],
  }
}

describe('race files', () => {
  test('an sfv lists names that are missing, and an upload that is done fills one', () => {
    const given = listed(new GivenFacts(), ['a', A], ['b', B])
    accepted(started(given, 'a'), 'a', A, { verified: true })
    const { files, racers, progress } = after(given)
    expect(files).toMatchObject([
      { file: 'a', expected_crc32: A, crc32: A, member: 'ann', accepted_at: 5, upload_id: null },
      { file: 'b', expected_crc32: B, crc32: null, member: null, accepted_at: null },
    ])
    expect(progress).toMatchObject({ expected_files: 2, files_done: 1, size_bytes: 100 })
    const figures = { files: 1, size_bytes: 100, duration_ms: 10 }
    expect(racers).toEqual([{ race_id: '1', member: 'ann', group: 'G', ...figures }])
  })

  test('a late sfv judges what came before it', () => {
    const given = accepted(accepted(new GivenFacts(), 'a', A), 'b', A)
    listed(given, ['a', A], ['b', B])
      .add('race-1', 'race.file-verified', { file: 'a' })
      .add('race-1', 'race.file-marked-bad', {
        file: 'b',
        member: 'ann',
        sizeBytes: 100,
        durationMs: 10.4,
        crc32: A,
        expectedCrc32: B,
        counted: true,
      })
    const { files, racers, progress } = after(given)
    expect(files).toMatchObject([
      { file: 'a', bad: false },
      { file: 'b', bad: true },
    ])
    expect(progress).toMatchObject({ expected_files: 2, files_done: 1, size_bytes: 100 })
    expect(racers).toMatchObject([{ files: 1, size_bytes: 100, duration_ms: 10 }])
  })

  test.each([
    ['aborted', 'race.upload-aborted' as const, { receivedBytes: 1, reason: 'gone' }],
    ['rejected', 'race.file-rejected' as const, { sizeBytes: 0, crc32: A, reason: 'empty-file' }],
  ])('an upload that is %s leaves nothing of an unlisted name', (_, type, data) => {
    const given = listed(started(started(new GivenFacts(), 'a'), 'b'), ['b', B])
    for (const file of ['a', 'b']) {
      given.addUnknown('race-1', type, { file, uploadId: `${file}-upload`, ...data })
    }
    expect(after(given).files).toMatchObject([{ file: 'b', upload_id: null, expected_crc32: B }])
  })

  test('an end of an older upload does not end the one that replaced it', () => {
    const given = started(new GivenFacts(), 'a').add('race-1', 'race.upload-aborted', {
      file: 'a',
      uploadId: 'older',
      receivedBytes: 0,
      reason: 'replaced',
    })
    expect(after(given).files).toMatchObject([{ file: 'a', upload_id: 'a-upload' }])
  })

  test('deleting the sfv ends what it expected, and only that', () => {
    const given = listed(accepted(new GivenFacts(), 'x.sfv', B, { counted: false }), ['a', A])
    accepted(given, 'a', A, { verified: true })
    given.add('race-1', 'race.sfv-added', {
      file: 'y.sfv',
      entries: [
        ['a', A],
        ['c', B],
      ],
    })
    const deleted = { file: 'x.sfv', member: 'ann', sizeBytes: 100, durationMs: 10.4 }
    given.add('race-1', 'race.file-deleted', { ...deleted, counted: false })
    const { files, racers, progress } = after(given)
    expect(files).toMatchObject([
      { file: 'a', expected_crc32: null, crc32: A },
      { file: 'c', expected_crc32: B },
    ])
    expect(progress).toMatchObject({ expected_files: 1, files_done: 0, size_bytes: 100 })
    expect(racers).toMatchObject([{ member: 'ann', files: 1 }])
  })

  test('a renamed file takes its figures along and its expectation not', () => {
    const given = accepted(listed(new GivenFacts(), ['b', A]), 'a', A)
    given.add('race-1', 'race.file-renamed', { from: 'a', to: 'b' })
    expect(after(given).files).toMatchObject([{ file: 'b', expected_crc32: A, member: 'ann' }])
    expect(after(given).progress).toMatchObject({ files_done: 1, size_bytes: 100 })
    given.add('race-1', 'race.file-renamed', { from: 'b', to: 'c' })
    expect(after(given).files).toMatchObject([
      { file: 'b', expected_crc32: A, member: null },
      { file: 'c', expected_crc32: null, member: 'ann' },
    ])
    expect(after(given).progress).toMatchObject({ files_done: 0, size_bytes: 100 })
  })

  test.each([
    ['race.file-deleted', { durationMs: 10.4, counted: false }],
    ['race.file-marked-bad', { durationMs: 10.4, counted: false, crc32: A, expectedCrc32: B }],
  ] as const)('a diz counts the zips until %s', (type, more) => {
    const given = accepted(new GivenFacts(), 'file_id.diz', A)
    const diz = { file: 'file_id.diz', folder: '', expectedFiles: 3, text: '1/3' }
    accepted(given.add('race-1', 'race.diz-added', diz), 'a.zip', A)
    expect(after(given).progress).toMatchObject({ expected_files: 3, files_done: 1 })
    given.addUnknown('race-1', type, { ...diz, member: 'ann', sizeBytes: 100, ...more })
    expect(after(given).progress).toMatchObject({ expected_files: 0, files_done: 0 })
  })

  test('a diz counts the zips by its new name, and not from elsewhere', () => {
    const given = accepted(accepted(new GivenFacts(), 'a.zip', A), 'b.zip', B)
    const diz = { file: 'a.zip', folder: '', expectedFiles: 3, text: '1/3' }
    given.add('race-1', 'race.diz-added', diz)
    given.add('race-1', 'race.file-renamed', { from: 'a.zip', to: 'c.zip' })
    expect(after(given).progress).toMatchObject({ expected_files: 3, files_done: 2 })
    given.add('race-1', 'race.file-renamed', { from: 'c.zip', to: 'x/c.zip' })
    expect(after(given).progress).toMatchObject({ expected_files: 0, files_done: 0 })
  })

  test('an sfv under a new name still answers for what it listed', () => {
    const given = listed(accepted(new GivenFacts(), 'x.sfv', B, { counted: false }), ['a', A])
    given.add('race-1', 'race.file-renamed', { from: 'x.sfv', to: 'y.sfv' })
    expect(after(given).progress).toMatchObject({ expected_files: 1 })
    const deleted = { file: 'y.sfv', member: 'ann', sizeBytes: 100, durationMs: 10.4 }
    given.add('race-1', 'race.file-deleted', { ...deleted, counted: false })
    expect(after(given).files).toEqual([])
    expect(after(given).progress).toMatchObject({ expected_files: 0, size_bytes: 0 })
  })
})
