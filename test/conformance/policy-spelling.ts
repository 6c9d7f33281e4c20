import fc from 'fast-check'

/** Rights that deny some paths to all, siteops too, and grant the others to everybody. */
export const DENYING_RIGHTS = `
  privpath /vault !*
  download /secret/* !*
  download */hidden/* !*
  download *.key !*
  download /[s-t]afe/?x/* !*
  download /straße/* !*
  download /ÅNGSTRÖM/* !*
  download /ΣΊΣΥΦΟΣ/* !*
  download /file-№1/* !*
  download /깈/* !*
  download * *
`

const name = fc
  .array(fc.constantFrom('a', 'B', 'k', 's', '7', '-', '_', 'é', 'ö', 'ß', 'σ', '日', 'ﬁ', '😀'), {
    minLength: 1,
    maxLength: 6,
  })
  .map((letters) => letters.join(''))
const below = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))

/** Directories below which the rights above deny everything. */
const CLOSED = `
  /vault /secret /x/hidden /x/y/hidden /safe/1x /tafe/éx /straße
  /ÅNGSTRÖM /Ångström /Σίσυφος /file-№1 /깈`
  .trim()
  .split(/\s+/)

/** Paths that the rights above deny, spelt as an honest client would. */
export const deniedPath = fc.oneof(
  fc.constantFrom('/vault', '/vault/x', '/a/b.key', '/pass.KEY'),
  fc.tuple(fc.constantFrom(...CLOSED), below).map(([top, rest]) => `${top}/${rest}`),
)

/** Paths that they grant. */
export const openPath = fc
  .tuple(fc.constantFrom('/open', '/vaults', '/x'), below)
  .map(([top, rest]) => `${top}/${rest}`)

/** Another spelling of a text: `at` are numbers to choose places and letters by. */
type Spelling = (text: string, at: readonly number[]) => string

/** Puts something in the place of the letters that `at` chooses. */
const each =
  (change: (letter: string, number: number) => string): Spelling =>
  (text, at) => {
    const letters = Array.from(text)
    for (const number of at) {
      const place = number % letters.length
      letters[place] = change(letters[place]!, number)
    }
    return letters.join('')
  }

/** Puts something after the names that `at` chooses, before their slash. */
const atSlash =
  (insert: (number: number) => string): Spelling =>
  (text, at) => {
    const names = text.split('/')
    for (const number of at) {
      const place = number % names.length
      names[place] += insert(number)
    }
    return names.join('/')
  }

const one = (choices: readonly string[], number: number): string =>
  choices[number % choices.length]!

const UTF8 = new TextEncoder()
const percentEncoded = (letter: string): string =>
  [...UTF8.encode(letter)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

/** Full-width, mathematical and other compatible forms of plain letters. */
function compatible(letter: string, number: number): string {
  const special = { s: 'ſ', k: '\u212a', K: '\u212a', Å: '\u212b', å: '\u212b' }[letter]
  if (special !== undefined && number % 2 === 0) return special
  const code = letter.codePointAt(0)!
  if (/^[a-z]$/.test(letter) && number % 3 === 0) return String.fromCodePoint(0x1d41a + code - 97)
  return code > 0x20 && code < 0x7f ? String.fromCodePoint(code + 0xfee0) : letter
}

const INVISIBLE = ['\u200b', '\u200d', '\u00ad', '\u2060', '\ufeff', '\u202e', '\ufe0f', '\u034f']
const HIDDEN_STEPS = ['%2e%2e', '．．', '‥', '.\u200b.', '.. ', '..%20', '%252e.', '...', '．']
const LOOSE_ENDS = ['.', '..', ' ', '. .', '\u00a0', '\u3000', '．']

/** Other spellings of the names in a path. */
const OF_NAMES: readonly Spelling[] = [
  each((letter) => letter.toUpperCase()),
  each((letter) => letter.toLowerCase()),
  (text) => text.normalize('NFC'),
  (text) => text.normalize('NFD'),
  (text) => text.normalize('NFKC'),
  (text) => text.normalize('NFKD'),
  each(compatible),
  each(percentEncoded),
  each((letter) => letter.replaceAll('/', '\\')),
  each((letter, number) => letter + one(INVISIBLE, number)),
  (text, at) => text + one(LOOSE_ENDS, at[0]!),
  (text, at) => text.replaceAll(/(?<=[^/])\//g, `${one(LOOSE_ENDS, at[0]!)}/`),
]

/** Other ways to the same place. */
const OF_WAYS: readonly Spelling[] = [
  atSlash(() => '/'),
  atSlash(() => '/.'),
  atSlash(() => '/other/..'),
  (text) => `/../..${text}`,
]

/** Steps that only look like none, or like steps up. */
const OF_STEPS: readonly Spelling[] = [
  atSlash(() => '/'),
  atSlash(() => '/.'),
  atSlash((number) => `/other/${one(HIDDEN_STEPS, number)}`),
]

const some = (spellings: readonly Spelling[]) => {
  const numbers = fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 6 })
  return fc.array(fc.tuple(fc.constantFrom(...spellings), numbers), { maxLength: 3 })
}

/**
 * The paths, each spelt in other ways, one upon the other. The way comes after the names, and real
 * steps up are not mixed with hidden ones: else they would lead to another path, which may well
 * be open.
 */
export function respelt(path: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(path, some(OF_NAMES), fc.oneof(some(OF_WAYS), some(OF_STEPS)))
    .map(([text, names, way]) =>
      [...names, ...way].reduce((spelt, [change, at]) => change(spelt, at), text),
    )
}
