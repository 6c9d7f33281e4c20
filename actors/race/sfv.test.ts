import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseSfv, SFV_ENTRIES } from '#actors/race/sfv.ts'

/** A fault that another seed finds becomes a case above. */
const SEED = 20_261_121

describe('sfv', () => {
  it.each([
    ['one line', 'a.r00 DEADBEEF', [['a.r00', 'deadbeef']]],
    ['CR LF, comments, blank lines', ';x\r\n\r\na 00000001\r\n', [['a', '00000001']]],
    ['names with spaces, tabs before the sum', 'a  b\t 00000001', [['a  b', '00000001']]],
    ['a byte order mark', '\uFEFFa 00000001', [['a', '00000001']]],
    ['a backslash between folders', 'CD1\\a 00000001', [['CD1/a', '00000001']]],
    ['the last of two sums', 'a 00000001\na 00000002', [['a', '00000002']]],
    ['decomposed letters, composed', 'e\u0301 00000001', [['\u00e9', '00000001']]],
    ['a name that looks like a sum', 'deadbeef 00000001', [['deadbeef', '00000001']]],
  ])('takes %s', (_, text, entries) => {
    expect(parseSfv(text, '')).toEqual(entries)
  })

  it.each([
    ['nothing', ''],
    ['comments alone', ';a 00000001'],
    ['no sum', 'a'],
    ['a sum alone', '00000001'],
    ['no space before the sum', 'a00000001'],
    ['a short sum', 'a 0000001'],
    ['a path above', '../a 00000001'],
    ['an absolute path', '/a 00000001'],
    ['an inner step up', 'a/../../b 00000001'],
    ['a control character', 'a\u0000b 00000001'],
    ['a name of 256 bytes', `${'a'.repeat(256)} 00000001`],
    ['a long path', `${'abcdefgh/'.repeat(60)}a 00000001`],
    ['__proto__', '__proto__ 00000001'],
    [
      'names beyond a fact',
      Array.from({ length: 2_000 }, (__, n) => `${'a'.repeat(200)}${n} 00000001`).join('\n'),
    ],
    ['too many', Array.from({ length: SFV_ENTRIES + 1 }, (__, n) => `f${n} 00000001`).join('\n')],
  ])('refuses %s', (_, text) => {
    expect(parseSfv(text, '')).toBeUndefined()
  })

  it('puts the names below its own folder', () => {
    expect(parseSfv('a 00000001', 'CD1')).toEqual([['CD1/a', '00000001']])
  })

  it('takes no longer for a hostile line than for its length', () => {
    // A quadratic parser would be at this for hours.
    expect(parseSfv(`a${' '.repeat(900_000)}z`, '')).toBeUndefined()
    expect(parseSfv(`${'a '.repeat(450_000)}z`, '')).toBeUndefined()
  })

  it('never throws, and gives names that stay inside', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (name, rest) => {
        for (const [path] of parseSfv(`${name} 00000001\n${rest}`, 'x') ?? []) {
          expect(path.split('/')).not.toContain('..')
          expect(path.startsWith('x/')).toBe(true)
        }
      }),
      { seed: SEED },
    )
  })

  it('gives back what it was made of', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9()._ -]{1,40}$/).filter((each) => {
      return each.trim() === each && !/^\.{1,2}$/.test(each) && !each.startsWith(';')
    })
    const crc32 = fc.stringMatching(/^[0-9a-f]{8}$/)
    const list = fc.dictionary(name, crc32, { minKeys: 1 }).filter((each) => !('__proto__' in each))
    const end = fc.constantFrom('\n', '\r\n', '\r\n\r\n; a comment\r\n')
    fc.assert(
      fc.property(list, end, (entries, ending) => {
        const lines = Object.entries(entries).map(([file, sum]) => `${file} ${sum.toUpperCase()}`)
        expect(Object.fromEntries(parseSfv(lines.join(ending), '')!)).toEqual(entries)
      }),
      { seed: SEED },
    )
  })

  it('reads any mixture of its parts, or refuses it', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '\t',
      '00000001',
      '\n',
      '\r',
      ';',
      '/',
      '\\',
      '..',
      '\ufeff',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60, size: 'max' }), (pieces) => {
        for (const [path, crc32] of parseSfv(pieces.join(''), '') ?? []) {
          expect(path.split('/').some((part) => ['', '.', '..'].includes(part))).toBe(false)
          expect(crc32).toMatch(/^[0-9a-f]{8}$/)
        }
      }),
      { seed: SEED, numRuns: 500 },
    )
  })
})
