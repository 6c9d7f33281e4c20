import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { DEFAULT_RIGHTS } from '#actors/policy/default-rights.ts'
import { formatRights, linesOf, parseRights, RIGHTS_LIMITS } from '#actors/policy/rights.ts'
import { createRulesInForce } from '#actors/policy/rules-in-force.ts'
import { Refusal } from '#events/refusal.ts'

const seed = Number(process.env['TEST_SEED'] ?? 0) || Math.floor(Math.random() * 2 ** 31)

/** The code and fields of the refusal that a text of rights meets. */
function refusalOf(lines: readonly string[]): readonly unknown[] {
  try {
    return ['taken', parseRights(lines)]
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    return [cause.code, cause.fields]
  }
}

describe('a text of rights', () => {
  it('is read line by line, without comments and blank lines', () => {
    const text =
      '\uFEFF# top\r\nupload\t/incoming/*  1 =STAFF -bob !x *\r\n\r\n kick D # who kicks\n'
    expect(parseRights(linesOf(text))).toEqual([
      { right: 'upload', pattern: '/incoming/*', who: ['1', '=STAFF', '-bob', '!x', '*'] },
      { right: 'kick', pattern: '-', who: ['D'] },
    ])
  })

  it('has "-" or nothing for the path of a right over the whole site', () => {
    const [one, other, named] = parseRights(['give - G', 'give G', 'give -bob'])
    expect(one).toEqual(other)
    expect(named).toEqual({ right: 'give', pattern: '-', who: ['-bob'] })
  })

  it('has rights of its own for the scripts of a site', () => {
    expect(parseRights(['custom-show-rules *'])[0]?.right).toBe('custom-show-rules')
  })

  it.each<readonly [string, string, Record<string, unknown>]>([
    ['uplaod /* *', 'unknown-right', { right: 'uplaod' }],
    ['Upload /* *', 'unknown-right', { right: 'Upload' }],
    ['room.join *', 'unknown-right', { right: 'room.join' }],
    ['login *', 'unknown-right', { right: 'login' }],
    ['constructor /* *', 'unknown-right', { right: 'constructor' }],
    ['custom- *', 'unknown-right', { right: 'custom-' }],
    ['custom-A *', 'unknown-right', { right: 'custom-A' }],
    ['upload', 'rights-pattern-missing', { right: 'upload' }],
    ['upload - *', 'rights-pattern-missing', { right: 'upload' }],
    ['upload # /* *', 'rights-pattern-missing', { right: 'upload' }],
    ['upload =STAFF', 'malformed-rights-pattern', { pattern: '=STAFF' }],
    ['upload incoming/* *', 'malformed-rights-pattern', { pattern: 'incoming/*' }],
    ['upload /a/../b *', 'malformed-rights-pattern', { pattern: '/a/../b' }],
    ['upload /a[b *', 'malformed-rights-pattern', { pattern: '/a[b' }],
    ['upload /a[] *', 'malformed-rights-pattern', { pattern: '/a[]' }],
    ['upload /a[!] *', 'malformed-rights-pattern', { pattern: '/a[!]' }],
    ['upload /[a/b] *', 'malformed-rights-pattern', { pattern: '/[a/b]' }],
    ['upload /[z-a] *', 'malformed-rights-pattern', { pattern: '/[z-a]' }],
    ['upload /[ß] *', 'malformed-rights-pattern', { pattern: '/[ß]' }],
    ['upload /a\\b *', 'malformed-rights-pattern', { pattern: '/a\\b' }],
    ['upload /a／b *', 'malformed-rights-pattern', { pattern: '/a／b' }],
    ['upload /a\u200b *', 'malformed-rights-pattern', { pattern: '/a\u200b' }],
    ['upload /a\nb *', 'malformed-rights-pattern', { pattern: '/a\nb' }],
    ['upload /\ud800 *', 'malformed-rights-pattern', { pattern: '/\ud800' }],
    [
      `upload /${'a'.repeat(255)} *`,
      'malformed-rights-pattern',
      { pattern: `/${'a'.repeat(255)}` },
    ],
    ['kick /incoming D', 'rights-pattern-not-allowed', { right: 'kick' }],
    ['upload /*', 'rights-who-missing', {}],
    ['upload /* # *', 'rights-who-missing', {}],
    ['kick', 'rights-who-missing', {}],
    ['kick -', 'rights-who-missing', {}],
    ['upload /* !', 'malformed-rights-who', { item: '!' }],
    ['upload /* !!1', 'malformed-rights-who', { item: '!!1' }],
    ['upload /* =', 'malformed-rights-who', { item: '=' }],
    ['upload /* =a=b', 'malformed-rights-who', { item: '=a=b' }],
    ['upload /* -', 'malformed-rights-who', { item: '-' }],
    ['upload /* -b*b', 'malformed-rights-who', { item: '-b*b' }],
    ['upload /* @root', 'malformed-rights-who', { item: '@root' }],
    ['upload /* @', 'malformed-rights-who', { item: '@' }],
    ['upload /* **', 'malformed-rights-who', { item: '**' }],
    ['upload /* *,1', 'malformed-rights-who', { item: '*,1' }],
    ['upload /* é', 'malformed-rights-who', { item: 'é' }],
    ['upload /* 1\u00a0=A', 'malformed-rights-who', { item: '1\u00a0=A' }],
    [`upload /* ${'1 '.repeat(101)}`, 'too-many-rights-items', {}],
    [`#${' '.repeat(RIGHTS_LIMITS.lineCharacters)}`, 'rights-line-too-long', {}],
  ])('%j is refused: %s', (line, code, fields) => {
    expect(refusalOf(['# 1', '', line, 'nonsense'])).toEqual([code, { line: 3, ...fields }])
  })

  it('has limits, and takes what is just within them', () => {
    const lines = Array.from({ length: RIGHTS_LIMITS.lines }, () => 'upload /* *')
    expect(parseRights(lines)).toHaveLength(RIGHTS_LIMITS.lines)
    expect(refusalOf([...lines, ''])).toEqual(['too-many-rights-lines', { limit: 1_000 }])
    const items = `upload /* ${'1 '.repeat(RIGHTS_LIMITS.items)}`
    expect(parseRights([items])[0]?.who).toHaveLength(RIGHTS_LIMITS.items)
    expect(parseRights([`upload /${'a'.repeat(254)} *`])).toHaveLength(1)
  })

  it('comes back the same when written out', () => {
    expect(parseRights(formatRights(DEFAULT_RIGHTS))).toEqual(DEFAULT_RIGHTS)
    expect(formatRights(parseRights(['kick  D', 'upload /a// *  # x']))).toEqual([
      'kick - D',
      'upload /a// *',
    ])
  })
})

describe(`any text at all (TEST_SEED=${seed})`, () => {
  const word = fc.oneof(
    fc.constantFrom('upload', 'privpath', 'kick', 'custom-x', '-', '#', '/*', '*', '/[a-z]/?', '1'),
    fc.constantFrom('=STAFF', '-bob', '!x', '@moderator', '!*', '/..', '[', '/[', '/[!', '\t', '%'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  const line = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '))

  it('is taken or refused, and what is taken can be asked and written out', () => {
    let taken = 0
    const property = fc.property(fc.array(line, { maxLength: 3 }), (lines) => {
      const [outcome, rights] = refusalOf(lines)
      if (outcome !== 'taken') return
      taken++
      const read = rights as ReturnType<typeof parseRights>
      expect(parseRights(formatRights(read))).toEqual(read)
      const subject = { id: 'bob', groups: ['STAFF'], flags: '1', role: 'user' } as const
      const rules = createRulesInForce(read)
      expect(typeof rules.atPath('upload', ['/a/b'], subject).isGranted).toBe('boolean')
    })
    fc.assert(property, { seed, numRuns: 10_000 })
    expect(taken).toBeGreaterThan(500)
  })
})
