import { type PolicyAction, scopeOf } from '#actors/policy/actions.ts'
import {
  deny,
  type PolicyAnswer,
  type PolicyMember,
  type PolicyRequest,
  type PolicyRules,
} from '#actors/policy/policy-request.ts'

/** glFTPd's flags that are states of the account. */
const DELETED_FLAG = '6'
const ANONYMOUS_FLAG = '8'

/** What a guest may do, where the site lets guests in at all: look, and fetch. */
const ANONYMOUS_ACTIONS: ReadonlySet<PolicyAction> = new Set([
  'login',
  'list',
  'download',
  'dirlog',
  'freefile',
  'nostats',
  'hideinwho',
  'privpath',
])

interface Barrier {
  readonly reason: Parameters<typeof deny>[0]
  /** Whether it counts at the door alone: who is in already stays. */
  readonly isOfLogin?: boolean
  readonly words: (member: PolicyMember) => string
  readonly stands: (request: PolicyRequest, rules: PolicyRules) => boolean
}

/** In this order: the first that stands in the way is the answer. */
const BARRIERS: readonly Barrier[] = [
  {
    reason: 'no-such-account',
    words: ({ name }) => `There is no account ${name}.`,
    stands: ({ member }) => member.standing === 'absent',
  },
  {
    reason: 'banned',
    words: ({ name, ban }) =>
      ban?.untilMs == null
        ? `${name} is banned for good.`
        : `${name} is banned until ${isoOf(ban.untilMs)}.`,
    stands: ({ member: { ban }, atMs }) =>
      ban !== null && (ban.untilMs === null || atMs < ban.untilMs),
  },
  {
    reason: 'deleted',
    words: ({ name }) => `The account ${name} is deleted.`,
    stands: ({ member }) => member.standing === 'deleted' || member.flags.includes(DELETED_FLAG),
  },
  {
    reason: 'purged',
    words: ({ name }) => `The account ${name} is purged.`,
    stands: ({ member }) => member.standing === 'purged',
  },
  {
    reason: 'inactive',
    words: ({ name }) => `The account ${name} is switched off.`,
    stands: ({ member }) => !member.isActive,
  },
  {
    reason: 'expired',
    words: ({ name, expiresAtMs }) => `The account ${name} ended on ${isoOf(expiresAtMs ?? 0)}.`,
    stands: ({ member: { expiresAtMs }, atMs }) => expiresAtMs !== null && atMs >= expiresAtMs,
  },
  {
    reason: 'outside-login-hours',
    isOfLogin: true,
    words: ({ name, loginHours }) =>
      `${name} may log in from ${loginHours?.fromHour} to ${loginHours?.toHour} o'clock UTC.`,
    stands: ({ member: { loginHours }, atMs }) =>
      loginHours !== null && !isWithin(loginHours, new Date(atMs).getUTCHours()),
  },
  {
    reason: 'mask-mismatch',
    isOfLogin: true,
    words: ({ name }) => `No mask of ${name} lets this address in.`,
    stands: ({ matchesMask }) => matchesMask === false,
  },
  {
    reason: 'anonymous',
    words: ({ name }) => `${name} is an anonymous account, which may not do that here.`,
    stands: ({ member, action }, { allowsAnonymous }) =>
      member.flags.includes(ANONYMOUS_FLAG) && !(allowsAnonymous && ANONYMOUS_ACTIONS.has(action)),
  },
  {
    reason: 'outside-token-scope',
    words: ({ scopes }) => `The token is for ${(scopes ?? []).join(', ') || 'nothing'} alone.`,
    stands: ({ member: { scopes }, action }) => {
      const scope = scopeOf(action)
      return scopes !== undefined && scope !== undefined && !scopes.includes(scope)
    },
  },
  {
    reason: 'mfa-required',
    words: ({ role }) => `The role ${role} needs a second factor, and none was shown.`,
    // Who must have a second factor needs a way to get one.
    stands: ({ member, action }, { mfaRoles }) =>
      mfaRoles.includes(member.role) && !member.hasMfa && action !== 'enrol-mfa',
  },
]

/** What stands in the way of a member before any right is asked; undefined: nothing. */
export function barrierOf(request: PolicyRequest, rules: PolicyRules): PolicyAnswer | undefined {
  const barrier = BARRIERS.find(
    ({ isOfLogin, stands }) =>
      (isOfLogin !== true || request.action === 'login') && stands(request, rules),
  )
  return barrier && deny(barrier.reason, barrier.words(request.member))
}

/** From one hour up to another, past midnight where the first is the later. */
function isWithin(
  { fromHour, toHour }: { readonly fromHour: number; readonly toHour: number },
  hour: number,
): boolean {
  if (fromHour === toHour) return true
  if (fromHour < toHour) return hour >= fromHour && hour < toHour
  return hour >= fromHour || hour < toHour
}

const isoOf = (atMs: number): string => new Date(atMs).toISOString()
