import { foldText, hasUnsafeCharacter } from '#actors/policy/path-forms.ts'

/** One step of a glob: a text as it stands, any text, one character, or one of a class. */
type Step =
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'any-text' }
  | { readonly kind: 'one' }
  | { readonly kind: 'class'; readonly isNegated: boolean; readonly ranges: readonly Range[] }

interface Range {
  readonly from: string
  readonly to: string
}

export type Glob = readonly Step[]

export const PATTERN_CHARACTERS = 255

/** A pattern that cannot be read; the message says what is wrong with it. */
export class MalformedPattern extends Error {}

/**
 * Reads a pattern over paths: `*` is any text, with slashes in it too, `?` is one character,
 * `[a-z]` one of these and `[!a-z]` one of the others; the latter three are never a slash. What
 * stands for itself is folded as paths are. It begins with `/`, or with `*` for anywhere.
 *
 * Throws `MalformedPattern`.
 */
export function parseGlob(pattern: string): Glob {
  if (pattern.length > PATTERN_CHARACTERS) throw new MalformedPattern('The pattern is too long.')
  if (!/^[/*]/.test(pattern)) throw new MalformedPattern('A pattern begins with "/" or "*".')
  const names = pattern.split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..')) throw new MalformedPattern('A pattern has no "..".')
  const steps: Step[] = []
  for (const [index, name] of names.entries()) {
    if (index > 0 || pattern.startsWith('/')) steps.push(SLASH)
    steps.push(...stepsOf(name))
  }
  return steps.length === 0 ? [SLASH] : steps
}

/** A path as globs are matched with it: its characters, surrogate pairs as one. */
export type Characters = readonly string[]

export function charactersOf(path: string): Characters {
  return Array.from(path)
}

/**
 * Whether a folded path fits a glob. Only the last `*` is ever gone back to, so that the time is
 * bounded by the product of both lengths: there is no pattern that takes exponential time.
 */
export function matchesGlob(glob: Glob, text: Characters): boolean {
  let at = 0
  let step = 0
  let star = -1
  let resumeAt = 0
  while (at < text.length) {
    const next = glob[step]
    if (next?.kind === 'any-text') {
      star = step++
      resumeAt = at
    } else if (next && takes(next, text[at]!)) {
      step++
      at++
    } else if (star >= 0) {
      // The last `*` takes one character more.
      step = star + 1
      at = ++resumeAt
    } else {
      return false
    }
  }
  while (glob[step]?.kind === 'any-text') step++
  return step === glob.length
}

/**
 * A glob as a path that a second one fits only when it fits whatever the first one does: but for a
 * negated class of the second, which is taken to fit any one character of the first.
 */
export function pathOfGlob(glob: Glob): string {
  const characters = glob.map((step) => {
    if (step.kind === 'character') return step.character
    return step.kind === 'any-text' ? ANY_TEXT : ANY_CHARACTER
  })
  return characters.join('')
}

/** No path has them. */
const ANY_TEXT = '\u0000'
const ANY_CHARACTER = '\uffff'

/** Whether a glob could fit a name right in a folder: false when its beginning says otherwise. */
export function canFitBelow(glob: Glob, folder: string): boolean {
  const start = charactersOf(folder === '/' ? '/' : `${folder}/`)
  for (const [index, character] of start.entries()) {
    const step = glob[index]
    if (step?.kind !== 'character') return step !== undefined
    if (step.character !== character) return false
  }
  return glob.length > start.length
}

const SLASH: Step = { kind: 'character', character: '/' }
const PARTS = /\*+|\?|\[[^\]]*\]|\[|[^*?[]+/gu

function stepsOf(name: string): Step[] {
  return [...name.matchAll(PARTS)].flatMap(([part]): Step[] => {
    if (part.startsWith('*')) return [{ kind: 'any-text' }]
    if (part === '?') return [{ kind: 'one' }]
    if (part.startsWith('[')) return [classOf(part)]
    return Array.from(foldLiteral(part), (character) => ({ kind: 'character', character }))
  })
}

function foldLiteral(literal: string): string {
  const folded = foldText(literal)
  if (folded === undefined || hasUnsafeCharacter(folded)) {
    throw new MalformedPattern('A pattern has no separators or invisible characters in a name.')
  }
  return folded
}

function classOf(part: string): Step {
  const inside = /^\[(?:([!^])|(?![!^]))(.+)\]$/su.exec(part)
  if (!inside) throw new MalformedPattern('A "[" needs characters and a "]" after it.')
  const isNegated = inside[1] !== undefined
  const ranges = [...inside[2]!.matchAll(/(.)-(.)|(.)/gsu)].map(([, from, to, only]): Range => {
    const range = { from: foldCharacter(from ?? only!), to: foldCharacter(to ?? only!) }
    if (codeOf(range.from) <= codeOf(range.to)) return range
    throw new MalformedPattern('A range in a "[...]" runs backwards.')
  })
  return { kind: 'class', isNegated, ranges }
}

function foldCharacter(character: string): string {
  const folded = foldLiteral(character)
  if (Array.from(folded).length === 1) return folded
  throw new MalformedPattern(`"${character}" is more than one character to a "[...]".`)
}

function takes(step: Step, character: string): boolean {
  switch (step.kind) {
    case 'character':
      return step.character === character
    case 'any-text':
      return true
    case 'one':
      return character !== '/' && character !== ANY_TEXT
    case 'class': {
      if (character === '/' || character === ANY_TEXT) return false
      const code = codeOf(character)
      const isIn = step.ranges.some(({ from, to }) => code >= codeOf(from) && code <= codeOf(to))
      return isIn !== step.isNegated
    }
  }
}

const codeOf = (character: string): number => character.codePointAt(0)!
