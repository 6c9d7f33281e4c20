import { type AccountContext, accountId } from '#actors/account/account.commands.ts'

import type { Member } from '#gateways/kernel/login.ts'
import type { Tier } from '#gateways/kernel/rate-limits/tiers.ts'

const DAY_MS = 86_400_000
/** A member is new for so long, and trusted after so long without having been tightened. */
const NEW_MS = 7 * DAY_MS
const TRUSTED_MS = 90 * DAY_MS

/** How an account stands now, with how its member has proved to be it. */
export function memberOf(
  account: Readonly<AccountContext>,
  proof: Pick<Member, 'method' | 'hasSecondFactor' | 'scopes'>,
  now: number,
): Member {
  const { name, group, groups, flags, role, limits, credential } = account
  return {
    id: accountId(name),
    name,
    group,
    groups: Object.keys(groups),
    adminOf: Object.entries(groups).flatMap(([each, { isAdmin }]) => (isAdmin ? [each] : [])),
    flags,
    role,
    tier: tierOf(account, now),
    limits,
    credential,
    ...proof,
  }
}

export function tierOf(account: Readonly<AccountContext>, now: number): Tier {
  const { flags, role, createdAtMs, tightenedUntilMs } = account
  if (flags.includes('1')) return 'siteop'
  if (role !== 'user') return 'moderator'
  const ageMs = now - createdAtMs
  if (ageMs < NEW_MS) return 'new'
  return ageMs >= TRUSTED_MS && now - tightenedUntilMs >= NEW_MS ? 'trusted' : 'member'
}
