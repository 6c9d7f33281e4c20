import { describe, expect, it } from 'vitest'

import { answerTo, inShort, MEMBERS, type Name, rulesOf } from '#test/conformance/policy.fixture.ts'

/** The line of the rights, who asks to upload, where, and the answer. */
type Row = readonly [rights: string, who: Name, path: string, answer: string]

const ask = (rights: string, who: Name, path: string) =>
  inShort(answerTo('upload', { member: MEMBERS[who], path }, rulesOf(rights)))

const YES = 'yes granted-by-rule'
const DENIED = 'no denied-by-rule'
const UNNAMED = 'no not-granted-by-rule'
const NO_RULE = 'no no-rule'

describe('who a line is for', () => {
  const whole = 'upload /incoming/* 1 =STAFF -bob !x *'
  it.each<Row>([
    // Each item of the example of glFTPd's manual.
    [whole, 'siteop', '/incoming/a', YES],
    [whole, 'alice', '/incoming/a', YES],
    [whole, 'bob', '/incoming/a', YES],
    [whole, 'carol', '/incoming/a', DENIED],
    [whole, 'nuker', '/incoming/a', YES],
    // Flags: any one of an item's letters.
    ['upload /* 1', 'siteop', '/a', YES],
    ['upload /* 1', 'bob', '/a', UNNAMED],
    ['upload /* 1A', 'nuker', '/a', YES],
    ['upload /* A1', 'siteop', '/a', YES],
    ['upload /* 17', 'nuker', '/a', UNNAMED],
    ['upload /* x', 'carol', '/a', YES],
    ['upload /* X', 'carol', '/a', UNNAMED],
    ['upload /* 3', 'bob', '/a', YES],
    ['upload /* !A 3', 'nuker', '/a', DENIED],
    ['upload /* 3 !A', 'nuker', '/a', YES],
    // Groups: any of the member's, whatever the case.
    ['upload /* =STAFF', 'alice', '/a', YES],
    ['upload /* =staff', 'alice', '/a', YES],
    ['upload /* =GRP', 'alice', '/a', YES],
    ['upload /* =STAFF', 'bob', '/a', UNNAMED],
    ['upload /* =GR', 'bob', '/a', UNNAMED],
    ['upload /* =GRP2', 'bob', '/a', UNNAMED],
    ['upload /* !=GRP *', 'bob', '/a', DENIED],
    ['upload /* !=GRP *', 'carol', '/a', YES],
    ['upload /* =STAFF !=GRP', 'alice', '/a', YES],
    ['upload /* !=GRP =STAFF', 'alice', '/a', DENIED],
    // One member: the minus names, the exclamation mark denies.
    ['upload /* -bob', 'bob', '/a', YES],
    ['upload /* -BOB', 'bob', '/a', YES],
    ['upload /* -alice', 'alice', '/a', YES],
    ['upload /* -bo', 'bob', '/a', UNNAMED],
    ['upload /* -bobby', 'bob', '/a', UNNAMED],
    ['upload /* !-bob *', 'bob', '/a', DENIED],
    ['upload /* !-bob *', 'alice', '/a', YES],
    ['upload /* * !-bob', 'bob', '/a', YES],
    // Roles: that one and those above.
    ['upload /* @user', 'bob', '/a', YES],
    ['upload /* @moderator', 'bob', '/a', UNNAMED],
    ['upload /* @moderator', 'moderator', '/a', YES],
    ['upload /* @moderator', 'administrator', '/a', YES],
    ['upload /* @administrator', 'moderator', '/a', UNNAMED],
    ['upload /* @administrator', 'administrator', '/a', YES],
    ['upload /* @administrator', 'siteop', '/a', UNNAMED],
    ['upload /* !@moderator *', 'administrator', '/a', DENIED],
    ['upload /* !@moderator *', 'bob', '/a', YES],
    // Everybody, and nobody.
    ['upload /* *', 'carol', '/a', YES],
    ['upload /* !*', 'siteop', '/a', DENIED],
    ['upload /* 1 !*', 'siteop', '/a', YES],
    ['upload /* 1 !*', 'bob', '/a', DENIED],
    ['upload /* !* 1', 'siteop', '/a', DENIED],
  ])('%s: %s at %s, %s', (rights, who, path, answer) => {
    expect(ask(rights, who, path)).toBe(answer)
  })
})

describe('which line is asked', () => {
  const TWO = 'upload /a/* =STAFF\nupload /* *'
  it.each<Row>([
    ['', 'siteop', '/a', NO_RULE],
    ['download /* *', 'bob', '/a', NO_RULE],
    [TWO, 'bob', '/a/x', UNNAMED],
    [TWO, 'alice', '/a/x', YES],
    [TWO, 'bob', '/b/x', YES],
    [TWO, 'bob', '/a', YES],
    ['upload /* *\nupload /a/* =STAFF', 'bob', '/a/x', YES],
    ['upload /a/* !*\nupload /a/* *', 'bob', '/a/x', DENIED],
    ['upload /b/* *', 'bob', '/a/x', NO_RULE],
    ['# upload /* *', 'bob', '/a', NO_RULE],
    ['upload /* =STAFF # *', 'bob', '/a', UNNAMED],
    ['\n\nupload /*\t* ', 'bob', '/a', YES],
  ])('%j: %s at %s, %s', (rights, who, path, answer) => {
    expect(ask(rights, who, path)).toBe(answer)
  })

  it('is named in the answer, with its place among the rights', () => {
    const rules = rulesOf('# first\ndownload /* *\n\nupload /a/*   =STAFF  # theirs')
    expect(answerTo('upload', { path: '/a/x' }, rules)).toEqual({
      isAllowed: false,
      reason: 'not-granted-by-rule',
      words: 'bob may not upload /a/x: line 2 of the rights does not name them.',
      rule: { line: 2, text: 'upload /a/* =STAFF' },
    })
  })
})

describe('what a pattern fits', () => {
  it.each<Row>([
    ['upload / *', 'bob', '/', YES],
    ['upload / *', 'bob', '/a', NO_RULE],
    ['upload /* *', 'bob', '/', YES],
    ['upload * *', 'bob', '/', YES],
    ['upload * *', 'bob', '/a/b/c', YES],
    ['upload /a *', 'bob', '/a', YES],
    ['upload /a *', 'bob', '/a/b', NO_RULE],
    ['upload /a *', 'bob', '/ab', NO_RULE],
    ['upload /a/ *', 'bob', '/a', YES],
    ['upload //a//b *', 'bob', '/a/b', YES],
    ['upload /./a/. *', 'bob', '/a', YES],
    ['upload /a* *', 'bob', '/ab/c', YES],
    ['upload /a/* *', 'bob', '/a/b/c/d', YES],
    ['upload /a/*/d *', 'bob', '/a/b/c/d', YES],
    ['upload /a/*/d *', 'bob', '/a/d', NO_RULE],
    ['upload */sample/* *', 'bob', '/a/b/Sample/x.avi', YES],
    ['upload */sample/* *', 'bob', '/a/samples/x', NO_RULE],
    ['upload *.nfo *', 'bob', '/a/b.NFO', YES],
    ['upload *.nfo *', 'bob', '/a/b.nfo.txt', NO_RULE],
    ['upload /?/x *', 'bob', '/a/x', YES],
    ['upload /?/x *', 'bob', '/ab/x', NO_RULE],
    ['upload /a?x *', 'bob', '/a/x', NO_RULE],
    ['upload /?? *', 'bob', '/é😀', YES],
    ['upload /[a-c]x *', 'bob', '/bx', YES],
    ['upload /[a-c]x *', 'bob', '/dx', NO_RULE],
    ['upload /[A-C]x *', 'bob', '/bX', YES],
    ['upload /[!a-c]x *', 'bob', '/dx', YES],
    ['upload /[^a-c]x *', 'bob', '/bx', NO_RULE],
    ['upload /a[!b]c *', 'bob', '/a/c', NO_RULE],
    ['upload /[*]x *', 'bob', '/*x', YES],
    ['upload /[*]x *', 'bob', '/ax', NO_RULE],
    ['upload /a]b *', 'bob', '/a]b', YES],
    ['upload /a+(b) *', 'bob', '/a+(b)', YES],
    ['upload /a+(b) *', 'bob', '/aab', NO_RULE],
    ['upload /CAFÉ/* *', 'bob', '/cafe\u0301/x', YES],
    ['upload /straße *', 'bob', '/STRASSE', YES],
  ])('%s: %s at %s, %s', (rights, who, path, answer) => {
    expect(ask(rights, who, path)).toBe(answer)
  })

  it('in time bounded by pattern and path, whatever the pattern', () => {
    const rules = rulesOf(`upload /${'*a'.repeat(120)}b *`)
    expect(inShort(answerTo('upload', { path: `/${'a'.repeat(4_000)}` }, rules))).toBe(NO_RULE)
  })
})
