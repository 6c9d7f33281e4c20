import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { formatPath, parsePath, partsOf, ROOT } from '#gateways/site/path.ts'

const cases = [
  ['/', '', '/'],
  ['/', 'incoming', '/incoming'],
  ['/incoming', 'Release-A', '/incoming/Release-A'],
  ['/incoming/Release-A', 'CD1/file.rar', '/incoming/Release-A/CD1/file.rar'],
  ['/incoming/Release-A/CD1', '..', '/incoming/Release-A'],
  ['/incoming/Release-A', '../../../../etc/passwd', '/etc/passwd'],
  ['/incoming', '/./incoming//x/', '/incoming/x'],
  ['/incoming', '..%2f..%2fetc', '/incoming/..%2f..%2fetc'],
  ['/incoming', 'e\u0301', '/incoming/\u00e9'],
] as const

describe('a path', () => {
  test.each(cases)('from %s, %j is %s', (from, text, expected) => {
    expect(formatPath(parsePath(parsePath(ROOT, from), text))).toBe(expected)
  })

  test.each([
    ['NUL', 'a\0b'],
    ['a line feed', 'a\nb'],
    ['a C1 control character', 'a\u0085b'],
    ['a backslash', '..\\..\\etc'],
    ['half a surrogate pair', 'a\ud800'],
    ['300 bytes', 'x'.repeat(300)],
    ['256 bytes in fewer characters', 'é'.repeat(128)],
    ['too many directories', 'i/r/1/2/3/4/5/6/7/8/9'],
    ['too long in all', `i/r/${Array(4).fill('x'.repeat(200)).join('/')}`],
    ['too long before it is read', '../'.repeat(1_000)],
  ])('with %s is refused', (_what, text) => {
    expect(() => parsePath(ROOT, text)).toThrow(
      expect.objectContaining({ code: 'invalid-site-name' }),
    )
  })

  test('never has a part that could lead elsewhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (from, text) => {
        let path = ROOT
        for (const step of [from, text]) {
          try {
            path = parsePath(path, step)
          } catch (refusal) {
            expect(refusal).toMatchObject({ code: 'invalid-site-name' })
          }
        }
        for (const part of partsOf(path)) {
          expect(part).not.toMatch(/^\.{0,2}$|[/\\\0]/)
        }
        expect(parsePath(ROOT, formatPath(path))).toEqual(path)
      }),
    )
  })
})
