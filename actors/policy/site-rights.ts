import type { SiteRight } from '#actors/policy/actions.ts'
import {
  allow,
  deny,
  type PolicyAnswer,
  type PolicyRequest,
} from '#actors/policy/policy-request.ts'
import type { RulesInForce } from '#actors/policy/rules-in-force.ts'
import { answerOf } from '#actors/policy/verdict-answer.ts'
import { isAtLeast, isSameGroup, type Subject } from '#actors/policy/who.ts'

type SiteRequest = PolicyRequest & { readonly action: SiteRight }

/** glFTPd's siteop. */
const SITEOP_FLAG = '1'

/** What is done to somebody: nobody does it to those who stand above them. */
const TO_MEMBERS: ReadonlySet<SiteRight> = new Set([
  'administer-accounts',
  'take',
  'kick',
  'kill',
  'ban',
])

/** What the admins of a group may do within it, though no line of the rights names them. */
const OF_GROUP_ADMINS: ReadonlySet<SiteRight> = new Set([
  'administer-accounts',
  'administer-groups',
  'see-users',
])

/**
 * Whether a member may do something that is about no path. A group's admins may do to its
 * accounts what `administer-accounts` grants. To take a member of other groups in, ask for that
 * member's account as well: else an admin could make any account one of their own.
 */
export function decideSiteRight(request: SiteRequest, rights: RulesInForce): PolicyAnswer {
  const { member, action, target } = request
  if (target && TO_MEMBERS.has(action) && rankOf(target) > rankOf(member)) {
    return deny('target-outranks', `${member.name} may not ${action} one who stands above them.`)
  }
  const answer = answerOf(rights.ofSite(action, member), member.name, action)
  // A denial that names the member holds for group admins too.
  if (answer.isAllowed || answer.reason === 'denied-by-rule') return answer
  return byGroupAdmin(request) ?? answer
}

function byGroupAdmin({ member, action, target, group }: SiteRequest): PolicyAnswer | undefined {
  if (!OF_GROUP_ADMINS.has(action)) return undefined
  const groups = action === 'administer-groups' ? [group ?? ''] : (target?.groups ?? [])
  const own = member.adminOf.find((mine) => groups.some((each) => isSameGroup(each, mine)))
  if (own === undefined) return undefined
  const words = `${member.name} may ${action} as an admin of the group ${own}.`
  return allow('group-admin', words, { group: own })
}

/** Siteops and administrators stand above moderators, who stand above the rest. */
export function rankOf({ flags, role }: Pick<Subject, 'flags' | 'role'>): 0 | 1 | 2 {
  if (flags.includes(SITEOP_FLAG) || role === 'administrator') return 2
  return isAtLeast(role, 'moderator') ? 1 : 0
}
