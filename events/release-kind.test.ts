import { describe, expect, it } from 'vitest'

import { isBeside, isDisc, isDiz, isSample, kindOf, kindOfFile } from '#events/release-kind.ts'

describe('what a release is', () => {
  it.each([
    ['a.rar', 'RAR'],
    ['a.R00', 'RAR'],
    ['a.s99', 'RAR'],
    ['a.part01.rar', 'RAR'],
    ['CD1/a.001', 'RAR'],
    ['a.ZIP', 'ZIP'],
    ['01-song.mp3', 'AUDIO'],
    ['a.flac', 'AUDIO'],
    ['film.mkv', 'VIDEO'],
    ['a.nfo', undefined],
    ['a.rar.txt', undefined],
    ['Sample/a.mkv', undefined],
    ['Subs/a.rar', undefined],
  ])('a file %s: %s', (path, kind) => {
    expect(kindOfFile(path)).toBe(kind)
  })

  it('is what most of its files are, the first of equals', () => {
    expect(kindOf([])).toBe('OTHER')
    expect(kindOf(['x.nfo', 'x.jpg'])).toBe('OTHER')
    expect(kindOf(['a.mp3', 'b.mp3', 'c.zip'])).toBe('AUDIO')
    expect(kindOf(['a.mp3', 'c.zip'])).toBe('ZIP')
  })
})

describe('names with a meaning', () => {
  it.each([
    [
      isSample,
      ['Sample/a.mkv', 'CD1/sample/x', 'rel-sample.mkv', 'sample.avi'],
      ['a.mkv', 'resampled.mkv', 'sample.txt'],
    ],
    [isBeside, ['Proof/a.jpg', 'Subs/x.rar', 'CD1/Covers/a'], ['Sample', 'Subset/a', 'a.rar']],
    [
      isDisc,
      ['CD1', 'cd01', 'Disc 2', 'DISK-3', 'DVD1', 'Part.1'],
      ['CD', 'CD1/x', 'Sample', 'CD1-extra'],
    ],
    [isDiz, ['file_id.diz', 'CD1/FILE_ID.DIZ'], ['my_file_id.diz', 'file_id.diz.txt']],
  ])('%o', (is, those, others) => {
    expect(those.filter((path) => !is(path))).toEqual([])
    expect(others.filter(is)).toEqual([])
  })
})
