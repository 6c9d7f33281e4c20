import { isDeepStrictEqual } from 'node:util'

import type { ActorState } from '#actors/kernel/host.ts'
import type { PolicyDecided, RightLine } from '#events/policy.facts.ts'
import { Refusal } from '#events/refusal.ts'

import { DEFAULT_RIGHTS } from '#actors/policy/default-rights.ts'
import {
  POLICY_REFUSALS,
  type PolicyCommand,
  type PolicyContext,
} from '#actors/policy/policy.commands.ts'
import { formatRights, parseRights } from '#actors/policy/rights.ts'
import { createRulesInForce } from '#actors/policy/rules-in-force.ts'

export function decidePolicyRights(
  state: ActorState<PolicyContext>,
  command: PolicyCommand,
): PolicyDecided[] {
  switch (command.type) {
    case 'policy.create':
      return state.value === 'absent' ? [rightsSet(DEFAULT_RIGHTS)] : []
    case 'policy.set-rights': {
      const rights = parseRights(command.rights)
      if (command.version !== undefined && command.version !== state.version) {
        const words = 'Somebody else has changed the rights meanwhile: read them again.'
        throw new Refusal(POLICY_REFUSALS.changed, words, { version: state.version })
      }
      return changedTo(rights, state)
    }
    case 'policy.change-rights': {
      const first = formatRights(parseRights(command.first))
      const without = new Set([...first, ...formatRights(parseRights(command.without))])
      const kept = formatRights(state.context.rights).filter((line) => !without.has(line))
      return changedTo(parseRights([...first, ...kept]), state)
    }
  }
}

function changedTo(rights: RightLine[], { context }: ActorState<PolicyContext>): PolicyDecided[] {
  assertNoLockOut(rights)
  return isDeepStrictEqual(rights, context.rights) ? [] : [rightsSet(rights)]
}

/** A siteop of no group, known by the flag alone. */
const ANY_SITEOP = { id: '', groups: [], flags: '1', role: 'user' } as const

function assertNoLockOut(rights: readonly RightLine[]): void {
  const { isGranted } = createRulesInForce(rights).ofSite('administer-rights', ANY_SITEOP)
  if (isGranted) return
  const words = 'The rights must leave administer-rights to siteops (flag 1).'
  throw new Refusal(POLICY_REFUSALS.lockOut, words)
}

function rightsSet(rights: readonly RightLine[]): PolicyDecided {
  return { type: 'policy.rights-set', data: { rights: [...rights] } }
}
