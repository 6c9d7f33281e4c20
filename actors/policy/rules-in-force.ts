import type { RightLine } from '#events/policy.facts.ts'

import type { PathRight, SiteDemand, SiteRight } from '#actors/policy/actions.ts'
import {
  canFitBelow,
  type Characters,
  charactersOf,
  type Glob,
  matchesGlob,
  parseGlob,
  pathOfGlob,
} from '#actors/policy/glob.ts'
import { formatRight, NO_PATTERN } from '#actors/policy/rights.ts'
import { parseWho, type Subject, type WhoItem } from '#actors/policy/who.ts'

/** A line of the rights, as an answer names it. */
export interface RuleRef {
  /** Its place among the rights in force, from 1 on. */
  readonly line: number
  readonly text: string
}

/** What the rights say to a question. */
export interface Verdict {
  /** The line, and the item of it, that decided; none when no line is about it. */
  readonly rule?: RuleRef
  readonly item?: WhoItem
  readonly isGranted: boolean
}

/** The rights of the site, read once and asked often. */
export interface RulesInForce {
  /** What a right over the whole site says of a member. */
  ofSite(right: SiteRight, subject: Subject): Verdict
  /** Whether the site demands something of a member. Without a line: of nobody. */
  demands(demand: SiteDemand, subject: Subject): boolean
  /** Whether it demands that of everybody, whoever they are. */
  demandsOfAll(demand: SiteDemand): boolean
  /**
   * What a right says of a member at a path in all its forms: granted only when it is granted in
   * each of them. Without a line: not granted, with no rule.
   */
  atPath(right: PathRight, forms: readonly [string, ...string[]], subject: Subject): Verdict
  /**
   * The same as far as it says nothing of what is hidden from the subject: without the lines whose
   * patterns are about hidden paths alone.
   */
  atAbsentPath(right: PathRight, forms: readonly [string, ...string[]], subject: Subject): Verdict
  /**
   * The verdict of the line that hides the path, or a directory above it, from those whom it does
   * not grant; undefined when no line hides it.
   */
  hiding(forms: readonly [string, ...string[]], subject: Subject): Verdict | undefined
  /** Whether a line could hide a name right in the folder that is not hidden with the folder. */
  canHideIn(folder: string): boolean
}

interface Rule extends RuleRef {
  /** Undefined for a right over the whole site. */
  readonly glob: Glob | undefined
  readonly who: readonly WhoItem[]
}

/** The item of a line that fits whoever it is. */
const EVERYBODY = '*'

const NO_RULE: Verdict = { isGranted: false }

/** The lines as a text has been parsed to; throws for lines that were not. */
export function createRulesInForce(rights: readonly RightLine[]): RulesInForce {
  const byRight = new Map<string, Rule[]>()
  for (const [index, right] of rights.entries()) {
    const lines = byRight.get(right.right) ?? []
    lines.push(ruleOf(right, index + 1))
    byRight.set(right.right, lines)
  }
  const linesOf = (right: string): readonly Rule[] => byRight.get(right) ?? []

  const atPath = (
    lines: readonly Rule[],
    forms: readonly [string, ...string[]],
    subject: Subject,
  ): Verdict => {
    const verdicts = forms.map((form) => {
      const text = charactersOf(form)
      const rule = lines.find(({ glob }) => glob && matchesGlob(glob, text))
      return verdictOf(rule, subject)
    })
    return strictest(verdicts)
  }
  const hiding: RulesInForce['hiding'] = (forms, subject) => {
    const lines = linesOf('privpath')
    if (lines.length === 0) return undefined
    const verdicts = forms.flatMap((form) => {
      const above = withAncestors(form)
      const rule = lines.find(({ glob }) => glob && above.some((text) => matchesGlob(glob, text)))
      return rule ? [verdictOf(rule, subject)] : []
    })
    return verdicts.length === 0 ? undefined : strictest(verdicts)
  }

  return {
    ofSite: (right, subject) => verdictOf(linesOf(right)[0], subject),
    demands: (demand, subject) => verdictOf(linesOf(demand)[0], subject).isGranted,
    demandsOfAll(demand) {
      const who = linesOf(demand)[0]?.who ?? []
      const all = who.findIndex(({ text }) => text === EVERYBODY)
      return all >= 0 && !who.slice(0, all).some(({ isDeny }) => isDeny)
    },
    atPath: (right, forms, subject) => atPath(linesOf(right), forms, subject),
    atAbsentPath(right, forms, subject) {
      // `upload /pre-CREW/* =CREW` would tell of a `/pre-CREW` that `privpath` hides.
      const isOpen = ({ glob }: Rule): boolean =>
        !glob || (hiding([pathOfGlob(glob)], subject)?.isGranted ?? true)
      return atPath(linesOf(right).filter(isOpen), forms, subject)
    },
    hiding,
    canHideIn: (folder) =>
      linesOf('privpath').some(({ glob }) => glob && canFitBelow(glob, folder)),
  }
}

function ruleOf(right: RightLine, line: number): Rule {
  const who = right.who.map((text) => {
    const item = parseWho(text)
    if (!item) throw new Error(`the rights in force have the malformed item ${text}`)
    return item
  })
  const glob = right.pattern === NO_PATTERN ? undefined : parseGlob(right.pattern)
  return { line, text: formatRight(right), glob, who }
}

/** The first item that fits decides; when none does, the line denies. */
function verdictOf(rule: Rule | undefined, subject: Subject): Verdict {
  if (!rule) return NO_RULE
  const ref = { line: rule.line, text: rule.text }
  const item = rule.who.find(({ fits }) => fits(subject))
  return item ? { rule: ref, item, isGranted: !item.isDeny } : { rule: ref, isGranted: false }
}

function strictest(verdicts: readonly Verdict[]): Verdict {
  return verdicts.find(({ isGranted }) => !isGranted) ?? verdicts[0] ?? NO_RULE
}

/** The path and every directory above it: `/a/b` gives `/`, `/a` and `/a/b`. */
function withAncestors(path: string): Characters[] {
  const paths = ['/']
  for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
    paths.push(path.slice(0, slash))
  }
  if (path !== '/') paths.push(path)
  return paths.map(charactersOf)
}
