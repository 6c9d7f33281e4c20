import fc from 'fast-check'
import { expect, test } from 'vitest'

import { compilePattern } from '#gateways/eventstoredb/pattern.ts'

test.each([
  ['^[^$].*', ['race.created', 'x'], ['$metadata', '']],
  ['^\\$', ['$ce-x', '$$x'], ['x$', '']],
  ['^(race|room)-', ['race-1', 'room-2'], ['racer-1', 'a race-1']],
  ['created', ['race.created', 'created!'], ['race.create']],
  ['^race\\.(created|file-(accepted|rejected))$', ['race.file-rejected'], ['race.file-', 'x']],
  ['a{2,3}$', ['aa', 'aaaa', 'baaa'], ['a', 'aab']],
  ['^a{2}$', ['aa'], ['a', 'aaa']],
  ['^\\d+-\\w*?$', ['1-', '23-a_B'], ['-a', '1-ü']],
  ['^[a-c\\]-]+$', ['a]-c'], ['d', '']],
  ['^\\S\\D\\W$', ['aa-'], ['  -']],
  ['^(?:ab)*$', ['', 'abab'], ['aba']],
  ['^(?!(\\$.+$))', ['done', '$'], ['$metadata']],
  ['^(?!\\$)(?!Checkpoint$).+', ['done', 'Checkpoints'], ['$x', 'Checkpoint', '']],
  ['^(?=a|b)\\w+$|^-', ['ab', 'b', '-a'], ['cb']],
  ['', ['', 'x'], []],
  ['a|', ['', 'b'], []],
  ['^(a|b|c)?d$', ['d', 'bd'], ['abd']],
])('%s', (source, found, missing) => {
  const isFound = compilePattern(source)
  expect(found.filter((text) => !isFound(text))).toEqual([])
  expect(missing.filter(isFound)).toEqual([])
})

test.each([
  '(',
  ')',
  '[a',
  '*a',
  'a**{',
  '(?=a)',
  'a(?!b)',
  '^(?!a)(?!b)(?!c)(?!d)(?!e)',
  '^(?!a',
  '^(?<=a)',
  '(?<name>a)',
  '(a)\\1',
  '\\p{L}',
  'a{3,2}',
  '[b-a]',
  '\\',
  'x'.repeat(513),
  '(((a{99}){99}){99})',
  '('.repeat(60) + ')'.repeat(60),
])('%s is refused', (source) => {
  // `a**{` repeats a repetition and then has a brace as itself: that is allowed.
  if (source === 'a**{') return expect(compilePattern(source)('aa{')).toBe(true)
  expect(() => compilePattern(source)).toThrow(
    expect.objectContaining({ code: 'invalid-argument' }),
  )
})

test('finds what JavaScript finds', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|bc)', '(?:b|)', '\\w')
  const times = fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}', '{0,}', '*?')
  const pattern = fc
    .tuple(
      fc.constantFrom('', '^'),
      fc.array(
        fc.tuple(atom, times).map((parts) => parts.join('')),
        { maxLength: 5 },
      ),
      fc.constantFrom('', '$'),
    )
    .map(([start, parts, end]) => start + parts.join('') + end)
  const text = fc.array(fc.constantFrom('a', 'b', 'c', '-'), { maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (source, chars) => {
      const given = chars.join('')
      expect(compilePattern(source)(given)).toBe(new RegExp(source).test(given))
    }),
    { numRuns: 1_000 },
  )
})

test('takes steps in proportion to the text, whatever the pattern', () => {
  // A backtracking engine would not come back from these in a lifetime.
  const text = 'a'.repeat(2_000)
  for (const source of ['^(a+)+$', '(a|a)*b', '(.*a){12}b', '^(a|aa)+$']) {
    const isFound = compilePattern(source)
    expect(isFound(`${text}!`)).toBe(false)
  }
})
