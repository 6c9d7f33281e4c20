/** Characters of a path that the policy looks at, before and after folding. */
const PATH_CHARACTERS = 4_096
/** How often a name may have been percent-encoded over and over. */
const ENCODINGS = 4
/** Folding settles at once, but for a handful of letters. */
const FOLDS = 4

/** A path as the rules see it, or why no rule may be asked about it. */
export type PathForms =
  | {
      readonly isSafe: true
      /**
       * The folded path, and what it reads as with its percent-escapes decoded, once and again.
       * Each is absolute and has no `.`, `..`, empty name or slash at its end.
       */
      readonly forms: readonly [string, ...string[]]
    }
  | { readonly isSafe: false; readonly words: string }

/**
 * The one form that all spellings of a path have in common, so that none of them gets past a
 * rule: compatibility-composed (NFKC) and case-folded name by name, without empty names and `.`.
 *
 * A path is not safe when one of its names folds to `..` or `.`, has a separator, a control,
 * formatting or invisible character in it, or ends in a dot or white space, which other systems
 * cut off; or when it would with its percent-escapes decoded.
 */
export function formsOf(path: string): PathForms {
  if (path.length > PATH_CHARACTERS) return unsafe('The path is too long.')
  if (!path.startsWith('/')) return unsafe('The path does not begin at the root.')
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue
    const folded = foldText(name)
    if (folded === undefined || isUnsafeName(folded)) return UNSAFE_NAME
    names.push(folded)
  }
  const forms: [string, ...string[]] = [`/${names.join('/')}`]
  for (let encoded: readonly string[] = names; encoded.some(hasEscapes);) {
    const decoded = forms.length > ENCODINGS ? undefined : decodeNames(encoded)
    if (decoded === undefined) return UNSAFE_NAME
    forms.push(`/${decoded.join('/')}`)
    encoded = decoded
  }
  if (forms.some(({ length }) => length > PATH_CHARACTERS)) return unsafe('The path is too long.')
  return { isSafe: true, forms }
}

/**
 * What all spellings of a text have in common: NFKC, then full case folding, until it stays.
 * Undefined for a text that does not settle, or is no Unicode.
 *
 * Upper case before lower case is what makes the folding full: `ß` is `SS`, is `ss`. Unicode's
 * lower case of a sigma depends on where it stands (final sigma), so that is evened out.
 */
export function foldText(text: string): string | undefined {
  if (PLAIN.test(text)) return text.toLowerCase()
  if (!text.isWellFormed()) return undefined
  let folded = text
  for (let round = 0; round < FOLDS; round++) {
    const next = folded
      .normalize('NFKC')
      .toUpperCase()
      .toLowerCase()
      .replaceAll('\u03c2', '\u03c3')
      .normalize('NFKC')
    if (next === folded) return folded
    folded = next
  }
  return undefined
}

/** Whether a folded name is one that no rule may be asked about, or be made for. */
export function isUnsafeName(folded: string): boolean {
  return hasUnsafeCharacter(folded) || ENDS_LOOSE.test(folded)
}

/** Separators, control and formatting characters (bidirectional ones too), what is invisible. */
export function hasUnsafeCharacter(folded: string): boolean {
  return UNSAFE_CHARACTER.test(folded)
}

const PLAIN = /^[\x20-\x7e]*$/
const UNSAFE_CHARACTER =
  /[/\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u
// This is what makes `..` and `.` unsafe, and `...` with them.
const ENDS_LOOSE = /[.\p{White_Space}]$/u
const ESCAPES = /(?:%[0-9a-f]{2})+/g

function hasEscapes(name: string): boolean {
  return name.search(ESCAPES) >= 0
}

/** The names with one layer of percent-escapes decoded; undefined when one is not safe then. */
function decodeNames(names: readonly string[]): readonly string[] | undefined {
  const decoded: string[] = []
  for (const name of names) {
    const plain = decodeName(name)
    if (plain === undefined || plain === '' || isUnsafeName(plain)) return undefined
    decoded.push(plain)
  }
  return decoded
}

function decodeName(name: string): string | undefined {
  try {
    return foldText(name.replaceAll(ESCAPES, (escapes) => decodeUtf8(escapes)))
  } catch {
    // Not UTF-8: overlong forms of a slash are what a lenient decoder would let through.
    return undefined
  }
}

function decodeUtf8(escapes: string): string {
  const bytes = escapes
    .slice(1)
    .split('%')
    .map((hex) => Number.parseInt(hex, 16))
  return UTF8.decode(Uint8Array.from(bytes))
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const UNSAFE_NAME = unsafe('A name in the path hides what it is.')

function unsafe(words: string): PathForms {
  return { isSafe: false, words }
}
