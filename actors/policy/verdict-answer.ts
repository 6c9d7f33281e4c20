import { allow, deny, type PolicyAnswer } from '#actors/policy/policy-request.ts'
import type { Verdict } from '#actors/policy/rules-in-force.ts'

/** The answer that a verdict stands for. `what` reads on after the member's name. */
export function answerOf(verdict: Verdict, who: string, what: string): PolicyAnswer {
  const { rule, item, isGranted } = verdict
  if (!rule) return deny('no-rule', `${who} may not ${what}: no line of the rights is about it.`)
  if (isGranted) {
    const words = `${who} may ${what}: "${item?.text}" in line ${rule.line} of the rights says so.`
    return allow('granted-by-rule', words, { rule })
  }
  if (!item) {
    const words = `${who} may not ${what}: line ${rule.line} of the rights does not name them.`
    return deny('not-granted-by-rule', words, { rule })
  }
  const words = `${who} may not ${what}: "${item.text}" in line ${rule.line} of the rights says no.`
  return deny('denied-by-rule', words, { rule })
}
