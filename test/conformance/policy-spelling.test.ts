import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { foldText, formsOf } from '#actors/policy/path-forms.ts'
import { Refusal } from '#events/refusal.ts'
import { formatPath, parsePath, ROOT } from '#gateways/site/path.ts'
import { answerTo, inShort, MEMBERS, rulesOf } from '#test/conformance/policy.fixture.ts'
import { deniedPath, DENYING_RIGHTS, openPath, respelt } from '#test/conformance/policy-spelling.ts'

const seed = Number(process.env['TEST_SEED'] ?? 0) || Math.floor(Math.random() * 2 ** 31)
const RULES = rulesOf(DENYING_RIGHTS)
const ask = (path: string) => answerTo('download', { member: MEMBERS.siteop, path }, RULES)

/** The site's own reading of what a client calls a path; undefined when it refuses it. */
function siteReading(text: string, from = ROOT): string | undefined {
  try {
    return formatPath(parsePath(from, text))
  } catch (cause) {
    if (cause instanceof Refusal) return undefined
    throw cause
  }
}

describe(`no spelling gets past a rule (TEST_SEED=${seed})`, () => {
  const check = <T>(property: fc.IProperty<T>, numRuns = 3_000): void =>
    fc.assert(property, { seed, numRuns })

  it('the paths are denied, and the others are not, when spelt plainly', () => {
    check(fc.property(deniedPath, (path) => !ask(path).isAllowed))
    check(fc.property(openPath, (path) => ask(path).isAllowed))
  })

  it('as a client sends it, through the site', () => {
    let read = 0
    check(
      fc.property(respelt(deniedPath), (text) => {
        const path = siteReading(text)
        if (path === undefined) return true
        read++
        return !ask(path).isAllowed
      }),
      20_000,
    )
    // Most are spellings that the site reads, not ones that it refuses.
    expect(read).toBeGreaterThan(10_000)
  })

  it('as somebody types it to ask why', () => {
    check(
      fc.property(respelt(deniedPath), (text) => !ask(text).isAllowed),
      20_000,
    )
  })

  it('nor is any answer about a place outside the site', () => {
    const part = fc.oneof(
      fc.constantFrom('/', '.', '..', '/../', '%2e', '%2f', '%252e', '\\', '．', '／', '‥', ' '),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
    check(
      fc.property(text, fc.boolean(), (raw, isThroughSite) => {
        const path = isThroughSite ? siteReading(raw) : raw
        if (path === undefined) return
        const read = formsOf(path)
        if (!read.isSafe) {
          expect(inShort(ask(path))).toBe('no unsafe-path')
          return
        }
        for (const form of read.forms) {
          expect(form === '/' || /^(?:\/[^/]+)+$/.test(form)).toBe(true)
          expect(form.split('/').filter((name) => /^\.+$/.test(name))).toEqual([])
        }
      }),
      20_000,
    )
  })

  it('whatever Unicode form and case a letter comes in', () => {
    const unsettled: string[] = []
    for (let code = 0; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue
      const letter = String.fromCodePoint(code)
      const folded = foldText(letter)
      const spellings = [letter.normalize('NFD'), letter.normalize('NFKD'), letter.toLowerCase()]
      if (folded === undefined || spellings.some((each) => foldText(each) !== folded)) {
        unsettled.push(code.toString(16))
      }
    }
    expect(unsettled).toEqual([])
  })
})

describe('a path that hides what it is', () => {
  it.each([
    'secret',
    '',
    '/..',
    '/a/../secret',
    '/a/．．/secret',
    '/a/‥/secret',
    '/a/…',
    '/．/secret',
    '/a／b',
    '/℀',
    '/a\\b',
    '/a＼b',
    '/a﹨b',
    '/sec\u200bret',
    '/sec\u00adret',
    '/sec\u202eret',
    '/sec\u2066ret',
    '/sec\ufeffret',
    '/sec\u034fret',
    '/secret\ufe0f',
    '/sec\u3164ret',
    '/sec\u{e0041}ret',
    '/sec\u0000ret',
    '/sec\u007fret',
    '/sec\u0085ret',
    '/sec\u2028ret',
    '/sec\ud800ret',
    '/sec\uffffret',
    '/secret.',
    '/secret...',
    '/secret ',
    '/secret\u00a0',
    '/secret\u3000',
    '/secret. .',
    '/secret．',
    '/ ',
    '/a%2fb',
    '/a%5Cb',
    '/%2e%2e/secret',
    '/%2E./secret',
    '/%252e%252e/secret',
    '/%25252e',
    '/a%00b',
    '/a%2',
    '/a%20',
    '/a%2e',
    '/％2e％2e',
    '/a%c0%afb',
    '/a%e0%80%afb',
    '/a%ff',
    '/a%ef%bc%8fb',
    '/a%e2%80%8bb',
    '/%2525252525252541',
    `/${'a'.repeat(4_096)}`,
    `/${'ﷺ'.repeat(300)}`,
  ])('%j is denied', (path) => {
    // An escape that is cut short is a name as good as another.
    const answer = path === '/a%2' ? 'yes granted-by-rule' : 'no unsafe-path'
    expect(inShort(ask(path))).toBe(answer)
  })

  it.each([
    '/a b',
    '/100% Complete',
    '/a%41',
    '/%',
    '/a%zz',
    '/.hidden',
    '/..a',
    '/日本 語',
    '/a/./b',
    '//a///b//',
    '/',
    '/é😀',
  ])('%j is not', (path) => expect(inShort(ask(path))).toBe('yes granted-by-rule'))

  it('is asked about as it stands and as it decodes: the stricter answer holds', () => {
    const rules = rulesOf('upload /open/* *\nprivpath /open/private !*')
    const upload = (path: string) => inShort(answerTo('upload', { path }, rules))
    expect(upload('/open/x')).toBe('yes granted-by-rule')
    expect(upload('/%6fpen/x')).toBe('no no-rule')
    expect(upload('/open/%70rivate/x')).toBe('no private-path')
    expect(upload('/open/%2570rivate/x')).toBe('no private-path')
  })
})
