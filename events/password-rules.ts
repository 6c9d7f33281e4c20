import { COMMON_PASSWORDS } from '#events/common-passwords.ts'
import { Refusal } from '#events/refusal.ts'

/** In characters, which are code points of the NFKC form. */
export const PASSWORD_CHARACTERS = { min: 8, max: 256 } as const

export const PASSWORD_REFUSALS = {
  passwordTooShort: 'password-too-short',
  passwordTooLong: 'password-too-long',
  passwordTooCommon: 'password-too-common',
} as const

/** Throws a `Refusal` with one of `PASSWORD_REFUSALS` for a password that `name` may not choose. */
export function checkPassword(password: string, name: string): void {
  // What is far too long is not looked at: to normalize takes time in proportion.
  const isEndless = password.length > 4 * PASSWORD_CHARACTERS.max
  const { length } = isEndless ? password : Array.from(password.normalize('NFKC'))
  if (length < PASSWORD_CHARACTERS.min) {
    const words = `A password has at least ${PASSWORD_CHARACTERS.min} characters.`
    throw new Refusal(PASSWORD_REFUSALS.passwordTooShort, words)
  }
  if (length > PASSWORD_CHARACTERS.max) {
    const words = `A password has at most ${PASSWORD_CHARACTERS.max} characters.`
    throw new Refusal(PASSWORD_REFUSALS.passwordTooLong, words)
  }
  if (isCommon(password, name)) {
    const words = 'This password is one of those that are guessed first.'
    throw new Refusal(PASSWORD_REFUSALS.passwordTooCommon, words)
  }
}

const SITE = 'veza'
/** So few characters beside a name or a common word do not make a password. */
const LEFT_OVER = 4

/** Rows and columns of the keyboard, and the alphabet. */
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  'qazwsxedcrfvtgbyhnujmikolp',
  'zaq1xsw2cde3vfr4bgt5nhy6mju7',
  'zaqxswcdevfrbgtnhymju',
  '1a2b3c4d5e6f7g8h9i',
  'a1b2c3d4e5f6g7h8i9',
].flatMap((row) => [row, Array.from(row).toReversed().join('')])

/**
 * Whether a password is among the first that anybody tries for this member: a common word, a
 * row of keys, one thing repeated, the member's own name or veza's, also with digits and marks
 * around it and with letters written as digits.
 */
export function isCommon(password: string, name: string): boolean {
  const plain = password.normalize('NFKC').toLowerCase()
  const own = letters(name.normalize('NFKC').toLowerCase())
  return spellings(plain).some((text) => isGuessable(text, own))
}

function isGuessable(text: string, own: string): boolean {
  if (isKnown(text) || isRow(text)) return true
  const unit = repeated(text)
  if (unit.length < text.length && (unit.length <= LEFT_OVER || isKnown(unit) || isRow(unit))) {
    return true
  }
  // Names are cut out where they are long enough to say something.
  const names = [own, SITE].filter(({ length }) => length > 2)
  const rest = names.reduce((left, each) => left.replaceAll(each, ''), letters(text))
  const isNamed = rest.length < letters(text).length
  return isNamed && (rest.length < LEFT_OVER || isKnown(rest) || isRow(rest))
}

function isKnown(text: string): boolean {
  const word = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return [text, word, repeated(word)].some((each) => COMMON_PASSWORDS.has(each))
}

const letters = (text: string) => text.replace(/[^\p{L}]/gu, '')

/** Whether the text is keys of a row, one after the other, in one or two pieces. */
function isRow(text: string): boolean {
  const half = Math.ceil(text.length / 2)
  const isAlong = (part: string) =>
    part.length >= LEFT_OVER && ROWS.some((row) => row.includes(part))
  return isAlong(text) || (isAlong(text.slice(0, half)) && isAlong(text.slice(half)))
}

/** The shortest piece that the text is made of, all of it repeated. */
function repeated(text: string): string {
  const at = (text + text).indexOf(text, 1)
  return text.slice(0, at)
}

const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '+': 't',
  '€': 'e',
}

/** The text itself, and with digits read as letters; 1 and ! are an i or an l. */
function spellings(text: string): string[] {
  // What stands behind the word is more often a number than letters.
  const [, word = '', tail = ''] = /^(.*?)([\d\W_]*)$/su.exec(text) ?? []
  const read = (part: string, one: string) =>
    part.replace(/[034579@$+€8]/gu, (mark) => LEET[mark]!).replace(/[1!|]/gu, one)
  const readings = ['i', 'l'].flatMap((one) => [read(word, one) + tail, read(text, one)])
  return [...new Set([text, ...readings])]
}
