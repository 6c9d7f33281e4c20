import { isChat, type Quota, type RateAction } from '#gateways/kernel/rate-limits/actions.ts'

/** How far a member is trusted. `new`: an account younger than a week. */
export type Tier = 'new' | 'member' | 'trusted' | 'moderator' | 'siteop'

export const DEFAULT_FACTORS: Readonly<Record<Tier, number>> = {
  new: 0.5,
  member: 1,
  trusted: 2,
  moderator: 5,
  siteop: 5,
}

/** What the limits need to know of a member. */
export interface RatedMember {
  readonly id: string
  /** Default `member`. */
  readonly tier?: Tier
}

export function tierOf(member: RatedMember): Tier {
  return member.tier ?? 'member'
}

/** Siteops say what they have to say; a program of theirs still has its limits. */
export function isUnlimited(tier: Tier, action: RateAction): boolean {
  return tier === 'siteop' && isChat(action)
}

/** A quota times a factor. One is always left: less would be a ban that nobody has decided. */
export function scaled({ limit, windowMs }: Quota, factor: number): Quota {
  return { limit: Math.max(1, limit * factor), windowMs }
}
