import { invalid } from '#gateways/eventstoredb/codec.ts'
import { parsePattern, type Pattern } from '#gateways/eventstoredb/pattern-syntax.ts'

/**
 * One step of a compiled pattern: take a character, go on at one or two other steps, stand at an
 * end of the text, or be done.
 */
type Step =
  | { readonly kind: 'take'; readonly matches: (code: number) => boolean }
  | { readonly kind: 'split'; to: number; or: number }
  | { readonly kind: 'ahead'; readonly passes: (text: string) => boolean }
  | { readonly kind: 'start' | 'end' | 'done' }

/** Repetitions are written out, so that a short pattern can stand for a long program. */
const STEPS = 1_000

/**
 * A regular expression that is found somewhere in a text, or not. It takes time in proportion to
 * the text, whatever the pattern: all ways to match are followed at once (Thompson's construction;
 * R. Cox, "Regular Expression Matching Can Be Simple And Fast"). A client's pattern run by a
 * backtracking engine could hold the whole server for minutes.
 *
 * Throws a `Refusal` for what it does not know: lookaround but at the start, back references,
 * Unicode classes.
 */
export function compilePattern(source: string): (text: string) => boolean {
  const steps: Step[] = []
  emit(steps, parsePattern(source))
  push(steps, { kind: 'done' })
  return (text) => isFound(steps, text)
}

function push(steps: Step[], step: Step): number {
  if (steps.length >= STEPS) throw invalid('The pattern is too large.')
  return steps.push(step) - 1
}

function emit(steps: Step[], pattern: Pattern): void {
  if (pattern.kind === 'ahead') emitAhead(steps, pattern)
  else if (pattern.kind === 'repeat') emitRepeat(steps, pattern)
  else if (pattern.kind === 'either') emitEither(steps, pattern.parts)
  else if (pattern.kind === 'sequence') for (const part of pattern.parts) emit(steps, part)
  else push(steps, pattern)
}

function emitAhead(steps: Step[], { part, isNegated }: Extract<Pattern, { kind: 'ahead' }>): void {
  const inner: Step[] = []
  emit(inner, part)
  push(inner, { kind: 'done' })
  push(steps, { kind: 'ahead', passes: (text) => isFound(inner, text) !== isNegated })
}

function emitEither(steps: Step[], parts: readonly Pattern[]): void {
  const ends: { to: number; or: number }[] = []
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1) {
      emit(steps, part)
      break
    }
    const split = { kind: 'split' as const, to: steps.length + 1, or: 0 }
    push(steps, split)
    emit(steps, part)
    const jump = { kind: 'split' as const, to: 0, or: 0 }
    push(steps, jump)
    ends.push(jump)
    split.or = steps.length
  }
  for (const end of ends) end.to = end.or = steps.length
}

function emitRepeat(steps: Step[], { part, min, max }: Extract<Pattern, { kind: 'repeat' }>): void {
  for (let n = 0; n < min; n++) emit(steps, part)
  if (max === Number.POSITIVE_INFINITY) {
    const at = steps.length
    const split = { kind: 'split' as const, to: at + 1, or: 0 }
    push(steps, split)
    emit(steps, part)
    push(steps, { kind: 'split', to: at, or: at })
    split.or = steps.length
    return
  }
  const splits: { or: number }[] = []
  for (let n = min; n < max; n++) {
    const split = { kind: 'split' as const, to: steps.length + 1, or: 0 }
    push(steps, split)
    splits.push(split)
    emit(steps, part)
  }
  for (const split of splits) split.or = steps.length
}

function isFound(steps: readonly Step[], text: string): boolean {
  let current = new Set<number>()
  for (let index = 0; index <= text.length; index++) {
    // The match may begin anywhere.
    if (follow(steps, 0, current, index, text)) return true
    if (index === text.length) return false
    const next = new Set<number>()
    const code = text.charCodeAt(index)
    for (const at of current) {
      const step = steps[at]!
      if (step.kind !== 'take' || !step.matches(code)) continue
      if (follow(steps, at + 1, next, index + 1, text)) return true
    }
    current = next
  }
  return false
}

/** Adds what can be reached without taking a character; answers whether that is the end. */
function follow(
  steps: readonly Step[],
  from: number,
  into: Set<number>,
  index: number,
  text: string,
): boolean {
  const open = [from]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (into.has(at)) continue
    into.add(at)
    const step = steps[at]!
    if (step.kind === 'done') return true
    if (step.kind === 'split') open.push(step.to, step.or)
    // It stands behind a start: the index is 0.
    else if (step.kind === 'ahead' && step.passes(text)) open.push(at + 1)
    else if (step.kind === 'start' && index === 0) open.push(at + 1)
    else if (step.kind === 'end' && index === text.length) open.push(at + 1)
  }
  return false
}
