import { describe, expect, it } from 'vitest'

import { saslPrep } from '#infra/passwords/sasl-prep.ts'

describe('SASLprep', () => {
  it.each([
    // RFC 4013 section 3.
    ['soft hyphen', 'I\u00adX', 'IX'],
    ['nothing to do', 'user', 'user'],
    ['case kept', 'USER', 'USER'],
    ['feminine ordinal', '\u00aa', 'a'],
    ['Roman nine', '\u2168', 'IX'],
    ['a space of another kind', 'a\u00a0b\u3000c', 'a b c'],
    ['a letter in two parts', 'u\u0308', 'ü'],
    ['an emoji', '🦊🦊', '🦊🦊'],
    ['right to left', '\u0627\u0031\u0628', '\u0627\u0031\u0628'],
    ['Hebrew', 'שלום', 'שלום'],
  ])('%s', (_, password, prepared) => {
    expect(saslPrep(password)).toBe(prepared)
  })

  it.each([
    // RFC 4013 section 3.
    ['a control character', '\u0007'],
    ['a digit at the end of right to left', '\u0627\u0031'],
    ['both directions', '\u0627a\u0628'],
    ['private use', '\ue000'],
    ['half a surrogate pair', '\ud800'],
    ['a non-character', '\uffff'],
    ['a replacement character', '\ufffd'],
    ['a change of direction', 'a\u202eb'],
    ['a language tag', 'a\u{e0041}'],
    ['NUL', 'a\0'],
  ])('refuses %s', (_, password) => {
    expect(() => saslPrep(password)).toThrow(
      expect.objectContaining({ code: 'password-not-preparable' }),
    )
  })
})
