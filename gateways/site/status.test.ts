import { describe, expect, test } from 'vitest'

import {
  formatSize,
  isStatusName,
  statusInSection,
  statusOfRelease,
} from '#gateways/site/status.ts'
import type { RaceDetail, RaceFile } from '#projections/read-models.ts'

const file = (name: string, state: RaceFile['state']): RaceFile => ({
  file: name,
  state,
  member: null,
  sizeBytes: 0,
  crc32: null,
  expectedCrc32: null,
  acceptedAt: null,
})

const race = (more: Partial<RaceDetail>): RaceDetail => ({
  id: 'r',
  section: 'incoming',
  release: 'Rel',
  state: 'open',
  expectedFiles: 200,
  filesDone: 0,
  badFiles: 0,
  sizeBytes: 0,
  racers: 1,
  leader: null,
  createdAt: 0,
  startedAt: 0,
  completedAt: null,
  position: 1,
  standings: [],
  files: [],
  ...more,
})
const names = (more: Partial<RaceDetail>): string[] =>
  statusOfRelease(race(more), 'veza').map(({ name }) => name)

describe('the status of a race', () => {
  test.each([
    [{ filesDone: 0 }, '[::::::::::] -   0% Complete - [veza]'],
    [{ filesDone: 90 }, '[####::::::] -  45% Complete - [veza]'],
    [{ filesDone: 199 }, '[#########:] -  99% Complete - [veza]'],
    [
      { state: 'complete', expectedFiles: 50, filesDone: 50, sizeBytes: 700 * 1024 ** 2 },
      '[veza] - ( 700M 50F - COMPLETE ) - [veza]',
    ],
  ] as const)('%j', (more, bar) => {
    expect(names(more)).toEqual([bar])
    expect(isStatusName(bar, 'veza')).toBe(true)
  })

  test('is not shown without an sfv', () => {
    expect(names({ expectedFiles: 0 })).toEqual([])
  })

  test('marks missing and bad files of the release itself', () => {
    const files = [
      file('a', 'missing'),
      file('b', 'bad'),
      file('c', 'ok'),
      file('CD1/d', 'missing'),
      file('e', 'uploading'),
    ]
    expect(names({ files }).slice(1)).toEqual(['a-missing', 'b.bad'])
  })

  test('stands beside an incomplete release, as a link', () => {
    expect(statusInSection(race({}))).toEqual({
      name: '(incomplete)-Rel',
      kind: 'link',
      target: 'Rel',
      about: 'Rel',
    })
    expect(statusInSection(race({ state: 'complete' }))).toBeUndefined()
    expect(statusInSection(race({ expectedFiles: 0 }))).toBeUndefined()
  })

  test('has sizes in whole units', () => {
    expect([0, 1_023, 1_024, 1_536 * 1_024, 3 * 1_024 ** 4].map(formatSize)).toEqual([
      '0B',
      '1023B',
      '1K',
      '1M',
      '3T',
    ])
  })
})
