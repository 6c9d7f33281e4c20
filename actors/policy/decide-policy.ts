import {
  isPathRight,
  isPolicyAction,
  isRoomAction,
  isSiteRight,
  type PolicyAction,
} from '#actors/policy/actions.ts'
import { barrierOf } from '#actors/policy/account-states.ts'
import { decidePathRight } from '#actors/policy/path-rights.ts'
import {
  allow,
  deny,
  type PolicyAnswer,
  type PolicyRequest,
  type PolicyRules,
} from '#actors/policy/policy-request.ts'
import { decideRoomRight } from '#actors/policy/room-rights.ts'
import { decideSiteRight } from '#actors/policy/site-rights.ts'

/**
 * Whether a member may do something, why, by which line of the rights, and what it costs. Pure,
 * and the same for every gateway: what stands in the account's way comes first, then the scopes
 * of its token, then a second factor where its role needs one, then the right itself.
 */
export function decidePolicy(request: PolicyRequest, rules: PolicyRules): PolicyAnswer {
  const { action, member } = request
  if (!isPolicyAction(action)) {
    return deny('unknown-action', `There is no action "${String(action)}".`)
  }
  const barrier = barrierOf(request, rules)
  if (barrier) return barrier
  const decide = familyOf(action)
  if (decide) return decide(request, rules)
  return allow('own-account', `${member.name} may do that with the own account.`)
}

/** How an action is decided; undefined for what is about the member's own account. */
function familyOf(
  action: PolicyAction,
): ((request: PolicyRequest, rules: PolicyRules) => PolicyAnswer) | undefined {
  if (isPathRight(action)) {
    return (request, rules) => decidePathRight({ ...request, action }, rules.rights)
  }
  if (isRoomAction(action)) return (request) => decideRoomRight({ ...request, action })
  if (isSiteRight(action)) {
    return (request, rules) => decideSiteRight({ ...request, action }, rules.rights)
  }
  return undefined
}
