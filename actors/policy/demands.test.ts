import { describe, expect, it } from 'vitest'

import { isPolicyAction, SITE_DEMANDS } from '#actors/policy/actions.ts'
import { formatRights, parseRights } from '#actors/policy/rights.ts'
import { createRulesInForce } from '#actors/policy/rules-in-force.ts'
import type { Subject } from '#actors/policy/who.ts'

const rules = (...lines: string[]) => createRulesInForce(parseRights(lines))
const member = (more: Partial<Subject> = {}): Subject => {
  return { id: 'ana', groups: ['CREW'], flags: '3', role: 'user', ...more }
}

describe.each(SITE_DEMANDS)('the demand %s', (demand) => {
  it('is made of whom its line fits, and of nobody without one', () => {
    const some = rules(`${demand} - !-root =CREW`)
    expect(some.demands(demand, member())).toBe(true)
    expect(some.demands(demand, member({ id: 'root' }))).toBe(false)
    expect(some.demands(demand, member({ groups: ['OTHER'] }))).toBe(false)
    expect(rules('list /* *').demands(demand, member())).toBe(false)
  })

  it.each([
    ['*', true],
    ['=CREW *', true],
    ['!=CREW *', false],
    ['* !=CREW', true],
    ['=CREW', false],
  ])('with %s it is made of all: %s', (who, isOfAll) => {
    expect(rules(`${demand} - ${who}`).demandsOfAll(demand)).toBe(isOfAll)
  })

  it('is a line like others, and nothing that somebody may do', () => {
    const line = `${demand} - =CREW`
    expect(formatRights(parseRights([line]))).toEqual([line])
    expect(() => parseRights([`${demand} /path *`])).toThrow(/has no path/)
    expect(isPolicyAction(demand)).toBe(false)
  })
})
