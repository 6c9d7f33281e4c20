import { charactersOf, type Glob, matchesGlob } from '#actors/policy/glob.ts'

/** What a client asks of LIST, NLST or STAT in the manner of `ls`. */
export interface ListingOptions {
  /** The site's own dotfiles too. */
  readonly isAll: boolean
  readonly isRecursive: boolean
  /** The directory itself, not what is in it. */
  readonly isItself: boolean
  readonly order: 'name' | 'time' | 'size'
  readonly isReversed: boolean
}

export interface ListingArgument {
  readonly options: ListingOptions
  /** The path without a pattern at its end. */
  readonly path: string
  /** What names in it have to fit; undefined: all do. */
  readonly pattern: string | undefined
}

const OPTIONS = /^(?:-[A-Za-z1]+(?:\s+|$))+/

/** Letters that ask for what is done anyway, or for nothing here, are passed over. */
export function readListing(argument: string): ListingArgument {
  const text = argument.trimStart()
  const letters = OPTIONS.exec(text)?.[0] ?? ''
  const has = (letter: string): boolean => letters.includes(letter)
  const whole = text.slice(letters.length)
  const options: ListingOptions = {
    isAll: has('a') || has('A'),
    isRecursive: has('R'),
    isItself: has('d'),
    order: has('t') ? 'time' : has('S') ? 'size' : 'name',
    isReversed: has('r'),
  }
  const slash = whole.lastIndexOf('/') + 1
  const last = whole.slice(slash)
  if (!/[*?]/.test(last)) return { options, path: whole, pattern: undefined }
  return { options, path: whole.slice(0, slash), pattern: last }
}

const STEPS = { '*': { kind: 'any-text' }, '?': { kind: 'one' } } as const

/** Names that fit a pattern of `*` and `?`, in the letters as they are. */
export function wildcard(pattern: string): (name: string) => boolean {
  const glob: Glob = charactersOf(pattern).map((character) => {
    if (character === '*' || character === '?') return STEPS[character]
    return { kind: 'character', character }
  })
  return (name) => matchesGlob(glob, charactersOf(name))
}
