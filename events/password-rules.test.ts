import { describe, expect, it } from 'vitest'

import { COMMON_PASSWORDS } from '#events/common-passwords.ts'
import { checkPassword, isCommon } from '#events/password-rules.ts'

function codeOf(password: string, name = 'alice'): string | undefined {
  try {
    checkPassword(password, name)
    return undefined
  } catch (cause) {
    return (cause as { code: string }).code
  }
}

describe('a new password', () => {
  it.each([
    ['', 'password-too-short'],
    ['Xk7!pQ2', 'password-too-short'],
    // Seven characters of two UTF-16 units each.
    ['🦊🐻🐼🐨🐯🦁🐮', 'password-too-short'],
    // Eight characters that are four after NFKC.
    ['u\u0308o\u0308a\u0308e\u0308', 'password-too-short'],
    ['Xk7!pQ2z', undefined],
    ['🦊🐻🐼🐨🐯🦁🐮🐷', undefined],
    ['Xk7!pQ2z'.repeat(32), undefined],
    [`${'Xk7!pQ2z'.repeat(32)}x`, 'password-too-long'],
    ['password', 'password-too-common'],
    ['correct horse battery staple', undefined],
  ])('%.40s: %s', (password, code) => {
    expect(codeOf(password)).toBe(code)
  })

  it('that is endless is refused before it is looked at', () => {
    expect(codeOf('x'.repeat(10_000_000)) === 'password-too-long').toBe(true)
  })
})

describe('guessed first', () => {
  it.each([
    'password',
    'PASSWORD',
    'Passw0rd',
    'P@ssw0rd!',
    'p455w0rd',
    'password1',
    'password2026!',
    '123password',
    'passwordpassword',
    'ｐａｓｓｗｏｒｄ',
    'qwertyui',
    'Qwerty123',
    'qwertyqwerty',
    'asdfghjkl;'.slice(0, 9),
    'poiuytrewq',
    '1q2w3e4r',
    '1qaz2wsx',
    'qazwsxedc',
    'zaq12wsx',
    'q1w2e3r4t5',
    'abcdefgh',
    'abcd1234',
    '12345678',
    '87654321',
    '1234567890',
    '123456789',
    '00000000',
    'aaaaaaaa',
    'xyxyxyxy',
    'abcabcabc',
    '1212121212',
    '!!!!!!!!',
    'iloveyou',
    'ILoveYou!!',
    'sunshine',
    'Sunsh1ne99',
    'dragon123',
    'dr4g0n2024',
    'letmein1',
    'f00tba11',
    'michael88',
    'welcome1',
    'trustno1trustno1',
    'superman',
    'changeme',
    'changeme123',
    'admin123',
    'administrator',
  ])('%s', (password) => {
    expect(isCommon(password, 'alice')).toBe(true)
  })

  it.each([
    ['marlowe1', 'marlowe'],
    ['Marlowe!!2026', 'marlowe'],
    ['m4rl0w31', 'Marlowe'],
    ['marlowemarlowe', 'marlowe'],
    ['neo_99neo', 'Neo99'],
    ['veza1234', 'alice'],
    ['V3z4V3z4', 'alice'],
    ['vezapassword', 'alice'],
    ['alice-veza', 'alice'],
    ['secretmarlowe', 'marlowe'],
  ])('%s of %s', (password, name) => {
    expect(isCommon(password, name)).toBe(true)
  })
})

describe('not guessed first', () => {
  it.each([
    ['correct horse battery staple', 'alice'],
    ['Tr0ub4dor&3', 'alice'],
    ['annihilates', 'ann'],
    ['alcoves-and-ivy', 'al'],
    ['vezelay-basilica', 'alice'],
    ['marlowe saw nothing', 'marlowe'],
    ['8675309-kelp', 'alice'],
    ['quietharbour', 'alice'],
    ['пароль-из-слов', 'alice'],
    ['hunter2-lives-here', 'alice'],
    ['zqpm,xwo', 'alice'],
  ])('%s of %s', (password, name) => {
    expect(isCommon(password, name)).toBe(false)
  })

  it('is decided fast for the longest of each kind', () => {
    const kinds = ['a', 'ab', '1', '!', 'password', 'é', '\u0308', 'a1']
    for (const kind of kinds) {
      const longest = kind.repeat(1_024).slice(0, 256)
      expect(typeof isCommon(longest, kind)).toBe('boolean')
    }
  })
})

it('the list is short, and folded the way that passwords are', () => {
  expect(COMMON_PASSWORDS.size).toBeGreaterThan(1_000)
  expect(COMMON_PASSWORDS.size).toBeLessThan(2_500)
  for (const word of COMMON_PASSWORDS) expect(word).toMatch(/^([a-z]{3,}|\d{8,})$/)
})
