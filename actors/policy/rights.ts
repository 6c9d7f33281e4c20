import type { RightLine } from '#events/policy.facts.ts'
import { Refusal } from '#events/refusal.ts'

import { isPathRight, isSiteDemand, isSiteRight } from '#actors/policy/actions.ts'
import { MalformedPattern, parseGlob } from '#actors/policy/glob.ts'
import { parseWho } from '#actors/policy/who.ts'

export const RIGHTS_LIMITS = { lines: 1_000, lineCharacters: 4_096, items: 100 } as const

/** Why a text of rights is refused. Each but the first has the field `line`, from 1 on. */
export const RIGHTS_REFUSALS = {
  /** Field `limit`. */
  tooManyLines: 'too-many-rights-lines',
  lineTooLong: 'rights-line-too-long',
  /** Field `right`. */
  unknownRight: 'unknown-right',
  /** Field `right`: it needs a path, or must not have one. */
  patternMissing: 'rights-pattern-missing',
  patternNotAllowed: 'rights-pattern-not-allowed',
  /** Field `pattern`. */
  malformedPattern: 'malformed-rights-pattern',
  whoMissing: 'rights-who-missing',
  tooManyItems: 'too-many-rights-items',
  /** Field `item`. */
  malformedWho: 'malformed-rights-who',
} as const

/** The pattern of a right that is about no path. */
export const NO_PATTERN = '-'

/**
 * Reads glFTPd's rights, one a line: `right pattern who...`, where a right over the whole site has
 * `-` for its pattern or none. What follows a word that begins with `#` is a comment.
 *
 * Throws a `Refusal` with a code of `RIGHTS_REFUSALS` for the first line that is wrong.
 */
export function parseRights(lines: readonly string[]): RightLine[] {
  if (lines.length > RIGHTS_LIMITS.lines) {
    const limit = RIGHTS_LIMITS.lines
    throw new Refusal(RIGHTS_REFUSALS.tooManyLines, `Rights have ${limit} lines at most.`, {
      limit,
    })
  }
  return lines.flatMap((text, index) => parseLine(text, index + 1) ?? [])
}

/** The lines of a file of rights. */
export function linesOf(text: string): string[] {
  return text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
}

/** One line of text for each right: `parseRights` gives the same rights back. */
export function formatRights(rights: readonly RightLine[]): string[] {
  return rights.map(formatRight)
}

export function formatRight({ right, pattern, who }: RightLine): string {
  return [right, pattern, ...who].join(' ')
}

function parseLine(text: string, line: number): RightLine | undefined {
  const refuse = (code: string, words: string, fields: Record<string, unknown> = {}): never => {
    throw new Refusal(code, `Line ${line}: ${words}`, { line, ...fields })
  }
  if (text.length > RIGHTS_LIMITS.lineCharacters) {
    refuse(RIGHTS_REFUSALS.lineTooLong, 'the line is too long.')
  }
  const words = text.split(/[ \t]+/).filter((word) => word !== '')
  const comment = words.findIndex((word) => word.startsWith('#'))
  const [right, ...rest] = comment < 0 ? words : words.slice(0, comment)
  if (right === undefined) return undefined
  const { pattern, who } = isPathRight(right)
    ? splitPathRight(right, rest, refuse)
    : splitSiteRight(right, rest, refuse)
  if (who.length === 0) refuse(RIGHTS_REFUSALS.whoMissing, 'it does not say who.')
  if (who.length > RIGHTS_LIMITS.items) {
    refuse(RIGHTS_REFUSALS.tooManyItems, `it names more than ${RIGHTS_LIMITS.items}.`)
  }
  const wrong = who.find((item) => !parseWho(item))
  if (wrong !== undefined) {
    refuse(RIGHTS_REFUSALS.malformedWho, `"${wrong}" does not say who.`, { item: wrong })
  }
  return { right, pattern, who }
}

type Refuse = (code: string, words: string, fields?: Record<string, unknown>) => never
type Split = Pick<RightLine, 'pattern' | 'who'>

function splitPathRight(right: string, [pattern, ...who]: string[], refuse: Refuse): Split {
  if (pattern === undefined || pattern === NO_PATTERN) {
    return refuse(RIGHTS_REFUSALS.patternMissing, `${right} needs a path.`, { right })
  }
  try {
    parseGlob(pattern)
  } catch (cause) {
    if (!(cause instanceof MalformedPattern)) throw cause
    refuse(RIGHTS_REFUSALS.malformedPattern, cause.message, { pattern })
  }
  return { pattern, who }
}

function splitSiteRight(right: string, rest: string[], refuse: Refuse): Split {
  if (!isSiteRight(right) && !isSiteDemand(right)) {
    return refuse(RIGHTS_REFUSALS.unknownRight, `there is no right "${right}".`, { right })
  }
  if (rest[0]?.startsWith('/')) {
    return refuse(RIGHTS_REFUSALS.patternNotAllowed, `${right} has no path.`, { right })
  }
  return { pattern: NO_PATTERN, who: rest[0] === NO_PATTERN ? rest.slice(1) : rest }
}
