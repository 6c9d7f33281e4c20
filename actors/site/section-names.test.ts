import { describe, expect, test } from 'vitest'

import { Refusal } from '#events/refusal.ts'
import {
  assertFetchable,
  assertFileName,
  assertReleaseName,
  fitsName,
  isHidden,
} from '#actors/site/section-names.ts'
import { DEFAULT_SECTION_RULES, type SectionRules } from '#events/section-rules.ts'

const rules = (some: Partial<SectionRules>): SectionRules => ({ ...DEFAULT_SECTION_RULES, ...some })

function codeOf(run: () => void): string {
  try {
    run()
  } catch (cause) {
    if (cause instanceof Refusal) return cause.code
    throw cause
  }
  return 'taken'
}

describe('the name of a release', () => {
  const named = rules({
    releaseNames: '^[A-Z][A-Za-z0-9._]+-[A-Za-z0-9]+$',
    bannedNames: ['*xXx*'],
  })

  test.each([
    ['Some.Release-GRP', 'taken'],
    ['some.release-GRP', 'invalid-release-name'],
    ['Some Release-GRP', 'invalid-release-name'],
    ['Some.xxx.Release-GRP', 'banned-name'],
    ['Some.\uff38\uff38\uff38.Release-GRP', 'banned-name'],
  ])('%s: %s', (name, code) => {
    expect(codeOf(() => assertReleaseName(named, name))).toBe(code)
  })

  test('is anything where nothing is asked', () => {
    expect(codeOf(() => assertReleaseName(rules({}), '(any) thing'))).toBe('taken')
  })

  test('does not hold the server up, whatever the pattern', () => {
    const slow = rules({ releaseNames: '^(([a-z])+.)+[A-Z]([a-z])+$' })
    const evil = 'a'.repeat(200)
    expect(codeOf(() => assertReleaseName(slow, evil))).toBe('invalid-release-name')
    expect(codeOf(() => assertReleaseName(slow, 'abc.Def'))).toBe('taken')
  })
})

describe('the name of a file', () => {
  const typed = rules({
    fileNames: ['*.r??', '*.sfv', '*.NFO'],
    bannedNames: ['thumbs.db', '*.exe'],
  })

  test.each([
    ['a.rar', 'taken'],
    ['a.R01', 'taken'],
    ['a.nfo', 'taken'],
    ['a.rars', 'file-type-not-allowed'],
    ['a.txt', 'file-type-not-allowed'],
    ['Thumbs.DB', 'banned-name'],
    ['a.rar.exe', 'banned-name'],
  ])('%s: %s', (name, code) => {
    expect(codeOf(() => assertFileName(typed, name))).toBe(code)
  })

  test('a section that names no types takes all but what is banned', () => {
    expect(codeOf(() => assertFileName(rules({ bannedNames: ['*.exe'] }), 'a.txt'))).toBe('taken')
    expect(codeOf(() => assertFileName(rules({ bannedNames: ['*.exe'] }), 'a.EXE'))).toBe(
      'banned-name',
    )
  })

  test('tells what is fetched, and what listings show', () => {
    const quiet = rules({ unfetchableFiles: ['.secret*'], hiddenFiles: ['.*'] })
    expect(codeOf(() => assertFetchable(quiet, '.SECRET.txt'))).toBe('not-to-be-fetched')
    expect(codeOf(() => assertFetchable(quiet, 'a.secret'))).toBe('taken')
    expect(isHidden(quiet, '.message')).toBe(true)
    expect(isHidden(quiet, 'a.message')).toBe(false)
  })
})

test.each([
  ['*', '', true],
  ['a*c', 'abbbc', true],
  ['a*c', 'abbbcd', false],
  ['a?c', 'ac', false],
  ['[a-z]', 'b', false],
  ['[a-z]', '[A-Z]', true],
  [`${'*a'.repeat(90)}b`, 'a'.repeat(255), false],
])('the pattern %s and %s: %s', (pattern, name, fits) => {
  expect(fitsName(pattern, name)).toBe(fits)
})
