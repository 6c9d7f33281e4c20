import { charactersOf, type Glob, matchesGlob } from '#actors/policy/glob.ts'
import { foldText } from '#actors/policy/path-forms.ts'
import { fitsInTime } from '#actors/site/bounded-pattern.ts'
import { Refusal } from '#events/refusal.ts'
import type { SectionRules } from '#events/section-rules.ts'

/** Why a name is not taken, or not given. Field `name` in all. */
export const NAME_REFUSALS = {
  /** The section wants other names of its releases. */
  invalidReleaseName: 'invalid-release-name',
  bannedName: 'banned-name',
  fileTypeNotAllowed: 'file-type-not-allowed',
  notToBeFetched: 'not-to-be-fetched',
} as const

type Rules<R extends keyof SectionRules> = Pick<SectionRules, R>

/** Throws `banned-name` or `invalid-release-name`. */
export function assertReleaseName(
  rules: Rules<'bannedNames' | 'releaseNames'>,
  name: string,
): void {
  assertDirectoryName(rules, name)
  if (rules.releaseNames === null) return
  const fits = fitsInTime(new RegExp(rules.releaseNames, 'u'), name)
  if (fits === true) return
  const words =
    fits === false
      ? `${name} is no name for a release of this section.`
      : 'It takes too long to find out whether the section takes that name.'
  throw new Refusal(NAME_REFUSALS.invalidReleaseName, words, { name })
}

/** Of a directory in a release. Throws `banned-name`. */
export function assertDirectoryName({ bannedNames }: Rules<'bannedNames'>, name: string): void {
  if (!fitsAny(bannedNames, name)) return
  throw new Refusal(NAME_REFUSALS.bannedName, `${name} is a banned name.`, { name })
}

/** Throws `banned-name` or `file-type-not-allowed`. */
export function assertFileName(rules: Rules<'bannedNames' | 'fileNames'>, name: string): void {
  assertDirectoryName(rules, name)
  const { fileNames } = rules
  if (fileNames.length === 0 || fitsAny(fileNames, name)) return
  const words = `${name}: unknown type of file, this section takes others.`
  throw new Refusal(NAME_REFUSALS.fileTypeNotAllowed, words, { name })
}

/** Throws `not-to-be-fetched`. */
export function assertFetchable(
  { unfetchableFiles }: Rules<'unfetchableFiles'>,
  name: string,
): void {
  if (!fitsAny(unfetchableFiles, name)) return
  throw new Refusal(NAME_REFUSALS.notToBeFetched, `${name} is not to be fetched.`, { name })
}

/** Whether listings leave the file out, though it is there. */
export function isHidden({ hiddenFiles }: Rules<'hiddenFiles'>, name: string): boolean {
  return fitsAny(hiddenFiles, name)
}

/** Whether a name fits a pattern with `*` and `?`, whatever the case and form of its letters. */
export function fitsName(pattern: string, name: string): boolean {
  return fitsAny([pattern], name)
}

function fitsAny(patterns: readonly string[], name: string): boolean {
  if (patterns.length === 0) return false
  // What no rule can read fits none of those that allow, and is named by none that forbid.
  const folded = foldText(name)
  if (folded === undefined) return false
  const characters = charactersOf(folded)
  return globsOf(patterns).some((glob) => matchesGlob(glob, characters))
}

/** A listing asks for each of its names. */
const parsed = new WeakMap<readonly string[], readonly Glob[]>()

function globsOf(patterns: readonly string[]): readonly Glob[] {
  const known = parsed.get(patterns)
  if (known) return known
  const globs = patterns.map(globOf)
  parsed.set(patterns, globs)
  return globs
}

const STEPS = { '*': { kind: 'any-text' }, '?': { kind: 'one' } } as const

function globOf(pattern: string): Glob {
  const folded = foldText(pattern) ?? pattern
  return charactersOf(folded).map((character) =>
    character === '*' || character === '?'
      ? STEPS[character]
      : ({ kind: 'character', character } as const),
  )
}
