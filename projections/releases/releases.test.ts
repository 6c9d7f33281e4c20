import { describe, expect, test } from 'vitest'

import { GivenFacts, rowsAfter } from '#projections/kernel/given-facts.ts'
import { releasesProjection } from '#projections/releases/releases.projection.ts'
import { dupeMarks, releaseFiles, releases } from '#projections/releases/releases.tables.ts'

const accepted = (file: string, sizeBytes = 100) => ({
  file,
  uploadId: file,
  group: 'G',
  sizeBytes,
  crc32: '0000000a',
  durationMs: 10,
  verified: true,
  counted: true,
  credited: true,
  inStatistics: true,
})
const figures = { member: 'ann', sizeBytes: 100, durationMs: 10, counted: true }

const created = () =>
  new GivenFacts().add(
    'race-1',
    'race.created',
    { section: 'incoming', release: 'Some.Release' },
    { at: 10, by: 'ann' },
  )
const releaseAfter = (given: GivenFacts) =>
  rowsAfter(releasesProjection, given.facts).of(releases)[0]
const filesAfter = (given: GivenFacts) =>
  rowsAfter(releasesProjection, given.facts).of(releaseFiles)

describe('the dirlog', () => {
  test('knows a release from its beginning, and keeps it when it has gone', () => {
    const given = created()
      .add('race-1', 'race.file-accepted', accepted('CD1/A.rar'), { by: 'ann', at: 20 })
      .add('race-1', 'race.started', { member: 'ann', group: 'G', expectedFiles: 1 })
      .add(
        'race-1',
        'race.completed',
        { files: 1, sizeBytes: 100, durationMs: 1, standings: [] },
        { at: 30 },
      )
    const row = {
      race_id: '1',
      section: 'incoming',
      name: 'Some.Release',
      folded: 'some.release',
      maker: 'ann',
      group: 'G',
      files: 1,
      size_bytes: 100,
      files_brought: 1,
      created_at: 10,
      created_position: 1,
      completed_at: 30,
      nuked: false,
      published_at: null,
      gone_at: null,
      gone: null,
    }
    expect(releaseAfter(given)).toEqual(row)
    given.add('race-1', 'race.wiped', { files: 1, sizeBytes: 100 }, { at: 40 })
    expect(releaseAfter(given)).toEqual({ ...row, gone: 'wiped', gone_at: 40 })
    expect(filesAfter(given)).toEqual([
      {
        race_id: '1',
        file: 'CD1/A.rar',
        folded: 'a.rar',
        member: 'ann',
        size_bytes: 100,
        brought_at: 20,
        brought_position: 2,
        state: 'here',
      },
    ])
  })

  test('counts what is here, and each file once', () => {
    const given = created()
      .add('race-1', 'race.file-accepted', accepted('a'))
      .add('race-1', 'race.file-accepted', accepted('b', 50))
      .add('race-1', 'race.file-marked-bad', {
        file: 'a',
        ...figures,
        crc32: '0000000a',
        expectedCrc32: '0000000b',
      })
    expect(releaseAfter(given)).toMatchObject({ files: 1, size_bytes: 50, files_brought: 2 })
    given.add('race-1', 'race.file-deleted', { file: 'a', ...figures })
    expect(releaseAfter(given)).toMatchObject({ files: 1, size_bytes: 50 })
    given.add('race-1', 'race.file-accepted', accepted('a'))
    expect(releaseAfter(given)).toMatchObject({ files: 2, size_bytes: 150, files_brought: 3 })
    given.add('race-1', 'race.file-lost', { file: 'b', ...figures, sizeBytes: 50 })
    given.add('race-1', 'race.file-renamed', { from: 'a', to: 'c' })
    given.add('race-1', 'race.file-wiped', { file: 'c', ...figures })
    expect(releaseAfter(given)).toMatchObject({ files: 0, size_bytes: 0, files_brought: 3 })
    expect(filesAfter(given).map(({ file, state }) => [file, state])).toEqual([
      ['b', 'lost'],
      ['c', 'wiped'],
    ])
  })

  test('follows its name, its nuke and its publication', () => {
    const given = created()
      .add('race-1', 'race.nuked', {
        name: 'X',
        multiplier: 3,
        reason: 'old',
        nukees: [],
        empty: null,
      })
      .add('race-1', 'race.renamed', { section: 'TV', release: '[NUKED]-X' })
    expect(releaseAfter(given)).toMatchObject({
      nuked: true,
      section: 'TV',
      name: '[NUKED]-X',
      folded: '[nuked]-x',
    })
    given
      .add('race-1', 'race.unnuked', { nuke: 'n', reason: 'fine' })
      .add(
        'race-1',
        'race.published',
        { group: 'iND', from: 'PRE', to: 'TV', files: 0, sizeBytes: 0, uploaders: [] },
        { at: 50 },
      )
    expect(releaseAfter(given)).toMatchObject({ nuked: false, group: 'iND', published_at: 50 })
  })

  test('holds the last word about a name', () => {
    const given = new GivenFacts()
      .add('site-site', 'site.dupe-declared', { name: 'X', of: 'release' }, { by: 'root', at: 1 })
      .add('site-site', 'site.dupe-cleared', { name: 'x', of: 'release' }, { by: 'ann', at: 2 })
      .add('site-site', 'site.dupe-declared', { name: 'x', of: 'file' }, { by: 'root', at: 3 })
    expect(rowsAfter(releasesProjection, given.facts).of(dupeMarks)).toEqual([
      { of: 'release', folded: 'x', name: 'x', is_dupe: false, by: 'ann', at: 2, position: 2 },
      { of: 'file', folded: 'x', name: 'x', is_dupe: true, by: 'root', at: 3, position: 3 },
    ])
  })

  test('has no release of which it never heard', () => {
    const given = new GivenFacts().add('race-1', 'race.file-accepted', accepted('a'))
    expect(releaseAfter(given)).toBeUndefined()
  })
})
