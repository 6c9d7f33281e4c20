import { Refusal } from '#events/refusal.ts'

export const SASL_PREP_REFUSALS = { passwordNotPreparable: 'password-not-preparable' } as const

/** RFC 3454 table C.1.2: spaces other than U+0020, which become one. */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu
/** RFC 3454 table B.1: commonly mapped to nothing. */
const NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu
/**
 * RFC 3454 tables C.2.1, C.2.2 and C.3 to C.9: control characters, private use, non-characters,
 * surrogates, marks that are invisible, deprecated or of language tags. Of C.8, U+0340 and U+0341
 * do not outlive NFKC.
 */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u2028\u2029\u2061-\u2063\u206a-\u206f\ufff9-\ufffd\u{1d173}-\u{1d17a}\u2ff0-\u2ffb\u200e\u200f\u202a-\u202e\u{e0001}\u{e0020}-\u{e007f}]/u

/** Letters written from right to left: RFC 3454 table D.1, by the scripts that it has. */
const RIGHT_TO_LEFT = /[\p{sc=Hebr}\p{sc=Arab}\p{sc=Syrc}\p{sc=Thaa}]/u
const LETTER = /\p{L}/u

/**
 * SASLprep (RFC 4013) of a password. Throws a `Refusal` `password-not-preparable` for what it
 * prohibits. Characters that are younger than its Unicode 3.2 are let through as they are, which
 * clients do as well (RFC 3454 section 7, queries): else nobody could use an emoji.
 */
export function saslPrep(password: string): string {
  const text = password.replace(SPACES, ' ').replace(NOTHING, '').normalize('NFKC')
  if (PROHIBITED.test(text)) throw notPreparable('a character that SASL does not allow')
  const characters = Array.from(text)
  const isRight = (character: string | undefined) =>
    character !== undefined && RIGHT_TO_LEFT.test(character)
  // RFC 3454 section 6.
  if (characters.some(isRight)) {
    const isMixed = characters.some((each) => LETTER.test(each) && !isRight(each))
    if (isMixed || !isRight(characters[0]) || !isRight(characters.at(-1))) {
      throw notPreparable('letters in both directions of writing')
    }
  }
  return text
}

function notPreparable(what: string) {
  return new Refusal(SASL_PREP_REFUSALS.passwordNotPreparable, `The password has ${what}.`)
}
