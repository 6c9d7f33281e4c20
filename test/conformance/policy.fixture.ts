import { decidePolicy } from '#actors/policy/decide-policy.ts'
import type { PolicyAction } from '#actors/policy/actions.ts'
import { DEFAULT_RIGHTS_TEXT } from '#actors/policy/default-rights.ts'
import type {
  PolicyAnswer,
  PolicyMember,
  PolicyRequest,
  PolicyRules,
  RoomStanding,
} from '#actors/policy/policy-request.ts'
import { linesOf, parseRights } from '#actors/policy/rights.ts'
import { createRulesInForce } from '#actors/policy/rules-in-force.ts'

/** Noon in UTC. */
export const NOON = Date.UTC(2024, 10, 19, 12)

/** An ordinary member, but for what is said. */
export function memberOf(name: string, over: Partial<PolicyMember> = {}): PolicyMember {
  return {
    id: name.toLowerCase(),
    name,
    groups: ['GRP'],
    adminOf: [],
    flags: '3',
    role: 'user',
    standing: 'active',
    isActive: true,
    ban: null,
    expiresAtMs: null,
    loginHours: null,
    hasMfa: false,
    ...over,
  }
}

/** The members of the tables. */
export const MEMBERS = {
  bob: memberOf('bob'),
  alice: memberOf('Alice', { groups: ['STAFF', 'GRP'] }),
  carol: memberOf('carol', { groups: ['OTHER'], flags: '3x' }),
  siteop: memberOf('siteop', { groups: ['STAFF'], flags: '13' }),
  moderator: memberOf('moderator', { groups: ['OTHER'], role: 'moderator' }),
  administrator: memberOf('administrator', { groups: ['OTHER'], role: 'administrator' }),
  auditor: memberOf('auditor', { groups: ['AUDITORS'] }),
  gadmin: memberOf('gadmin', { flags: '23', adminOf: ['GRP'] }),
  nuker: memberOf('nuker', { flags: '3AB' }),
  editor: memberOf('editor', { flags: '37' }),
  banker: memberOf('banker', { flags: '3FG' }),
  bouncer: memberOf('bouncer', { flags: '3DE' }),
  clerk: memberOf('clerk', { flags: '3CH' }),
  guest: memberOf('guest', { groups: ['GUESTS'], flags: '8' }),
} as const satisfies Record<string, PolicyMember>

export type Name = keyof typeof MEMBERS

export function rulesOf(text: string, over: Partial<PolicyRules> = {}): PolicyRules {
  const rights = createRulesInForce(parseRights(linesOf(text)))
  return { rights, mfaRoles: [], allowsAnonymous: false, ...over }
}

export const DEFAULT_RULES = rulesOf(DEFAULT_RIGHTS_TEXT)

export type Asked = Partial<Omit<PolicyRequest, 'action' | 'atMs'>>

/** The policy's answer at noon; the member is bob unless said. */
export function answerTo(action: string, asked: Asked = {}, rules = DEFAULT_RULES): PolicyAnswer {
  const request = { member: MEMBERS.bob, atMs: NOON, action: action as PolicyAction }
  return decidePolicy({ ...request, ...asked }, rules)
}

/** An answer as the tables have it: `yes granted-by-rule`, `no private-path`. */
export function inShort({ isAllowed, reason }: PolicyAnswer): string {
  return `${isAllowed ? 'yes' : 'no'} ${reason}`
}

/** A room in which the member who asks has a role, and nothing is special. */
export function roomAs(role: RoomStanding['role'], over: Partial<RoomStanding> = {}): RoomStanding {
  return {
    role,
    isBanned: false,
    isModerated: false,
    isInviteOnly: false,
    isInvited: false,
    isTopicLocked: false,
    ...over,
  }
}
