import { describe, expect, test } from 'vitest'

import {
  barOf,
  fileMarker,
  formatSize,
  isStatusName,
  type MarkerRules,
  type Progress,
  releaseOfMarker,
  type ReleaseStanding,
  statusInSection,
} from '#gateways/site/listings/status.ts'

const progress: Progress = {
  isComplete: false,
  expectedFiles: 200,
  filesDone: 0,
  sizeBytes: 0,
  audio: null,
}
const whole = { isComplete: true, expectedFiles: 50, filesDone: 50, sizeBytes: 700 * 1024 ** 2 }

describe('the bar of a race', () => {
  test.each([
    [{ filesDone: 0 }, '[::::::::::] -   0% Complete - [veza]'],
    [{ filesDone: 90 }, '[####::::::] -  45% Complete - [veza]'],
    [{ filesDone: 199 }, '[#########:] -  99% Complete - [veza]'],
    // It waits for another disc.
    [{ ...whole, isComplete: false }, '[#########:] -  99% Complete - [veza]'],
    [whole, '[veza] - ( 700M 50F - COMPLETE ) - [veza]'],
    [
      { ...whole, audio: { genre: 'Rock', year: 2024 } },
      '[veza] - ( 700M 50F - COMPLETE - Rock 2024 ) - [veza]',
    ],
    [
      { ...whole, audio: { genre: 'R/B\\\r\nand', year: null } },
      '[veza] - ( 700M 50F - COMPLETE - R B and ) - [veza]',
    ],
  ] as const)('%j', (more, name) => {
    expect(barOf({ ...progress, ...more }, 'veza')?.name).toBe(name)
    expect(isStatusName(name, 'veza')).toBe(true)
    // Race clients skip such names.
    expect(name).toMatch(/[ [\]%]/)
  })

  test('is not shown without an sfv', () => {
    expect(barOf({ ...progress, expectedFiles: 0 }, 'veza')).toBeUndefined()
  })
})

describe('the markers of a release in its section', () => {
  const standing: ReleaseStanding = {
    isComplete: false,
    expectedFiles: 3,
    hasFiles: true,
    hasNfo: false,
    hasSample: false,
    isNuked: false,
  }
  const wanting: MarkerRules = { purpose: 'releases', wantsNfo: true, wantsSample: true }
  const rules: MarkerRules = { purpose: 'releases', wantsNfo: false, wantsSample: false }

  test.each([
    [{}, rules, ['(incomplete)-Rel']],
    [{ isComplete: true }, rules, []],
    [{ expectedFiles: 0 }, rules, ['(no-sfv)-Rel']],
    [{ expectedFiles: 0, hasFiles: false }, wanting, []],
    [{ isComplete: true }, wanting, ['(no-nfo)-Rel', '(no-sample)-Rel']],
    [{ isComplete: true, hasNfo: true, hasSample: true }, wanting, []],
    [{ isNuked: true }, wanting, []],
    [{}, { ...rules, purpose: 'pre' }, ['(incomplete)-Rel']],
    [{}, { ...rules, purpose: 'requests' }, []],
    [{}, { ...rules, purpose: 'speedtest' }, []],
  ] as const)('%j by %j', (more, by, names) => {
    const marks = statusInSection('Rel', { ...standing, ...more }, by)
    expect(marks).toEqual(
      names.map((name) => ({ name, kind: 'link', target: 'Rel', about: 'Rel' })),
    )
    for (const name of names) {
      expect(isStatusName(name, 'veza')).toBe(true)
      expect(releaseOfMarker(name)).toBe('Rel')
    }
  })

  test('no other name is one', () => {
    expect(['Rel', '(incomplete)-', '(complete)-Rel'].map(releaseOfMarker)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

test('markers of files tell of the file', () => {
  expect(fileMarker('a', 'missing')).toEqual({ name: 'a-missing', kind: 'file', about: 'a' })
  expect(fileMarker('b', 'bad')).toEqual({ name: 'b.bad', kind: 'file', about: 'b' })
})

test('sizes are in whole units', () => {
  const sizes = [0, 1_023, 1_024, 1_536 * 1_024, 3 * 1_024 ** 4]
  expect(sizes.map(formatSize)).toEqual(['0B', '1023B', '1K', '1M', '3T'])
})
