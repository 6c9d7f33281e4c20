import type { AccountStanding } from '#actors/account/account.commands.ts'
import type { MemberRole } from '#events/account.facts.ts'

import type { PolicyAction } from '#actors/policy/actions.ts'
import type { RuleRef, RulesInForce } from '#actors/policy/rules-in-force.ts'
import type { Subject } from '#actors/policy/who.ts'

/** Who asks, as the account has it and as the session or token they came in by narrows it. */
export interface PolicyMember extends Subject {
  readonly name: string
  /** Groups whose accounts the member administers. */
  readonly adminOf: readonly string[]
  readonly standing: AccountStanding
  /** False: switched off by an administrator. */
  readonly isActive: boolean
  /** `untilMs` null: for ever. */
  readonly ban: { readonly untilMs: number | null; readonly reason: string } | null
  readonly expiresAtMs: number | null
  /** Hours of the day in UTC; the same hour twice: the whole day, as in glFTPd. */
  readonly loginHours: { readonly fromHour: number; readonly toHour: number } | null
  /** Of the token; absent for a login by password, which may do all that its member may. */
  readonly scopes?: readonly string[]
  /** Whether a second factor was shown in this session. */
  readonly hasMfa: boolean
}

/** What a room says of the member who asks. */
export interface RoomStanding {
  /** `none`: not in the room. */
  readonly role: RoomRole
  readonly isBanned: boolean
  readonly isModerated: boolean
  readonly isInviteOnly: boolean
  readonly isInvited: boolean
  /** Only operators set the topic. */
  readonly isTopicLocked: boolean
  /** Of the member that a kick, ban, op or voice is about. */
  readonly targetRole?: RoomRole
}

export type RoomRole = 'none' | 'member' | 'voice' | 'operator' | 'owner'

/** A member's credits where the path is. */
export interface PolicyLedger {
  readonly section: string
  /** Credits per byte of an upload; 0 is a leech, who neither earns nor pays. */
  readonly ratio: number
  readonly balanceBytes: number
  /** Credits that a byte of a download costs; 1 when not said. */
  readonly creditLoss?: number
}

export interface PolicyRequest {
  readonly member: PolicyMember
  readonly action: PolicyAction
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** For rights over a path: absolute, as the site formats it. */
  readonly path?: string
  /**
   * For rights over a path: asks about a path that is hidden from the member as if nothing were
   * there, and no line of the rights were about it alone. It is for what is answered, and allows
   * nothing.
   */
  readonly isTakenForAbsent?: boolean
  /** Whether what is at the path is the member's own, for delete and rename. */
  readonly isOwner?: boolean
  /** Of the file. With `ledger`: what up- and downloads earn and cost is answered. */
  readonly sizeBytes?: number
  readonly ledger?: PolicyLedger
  /** For actions in a room; nothing for `room.create`. */
  readonly room?: RoomStanding
  /** The member that something is done to. */
  readonly target?: Omit<Subject, 'id'>
  /** The group that is administered. */
  readonly group?: string
  /** For `login`: whether the masks of the account let the address in. True when not said. */
  readonly matchesMask?: boolean
}

export interface PolicyRules {
  readonly rights: RulesInForce
  /** Roles that must have shown a second factor. */
  readonly mfaRoles: readonly MemberRole[]
  /** Whether accounts with glFTPd's flag 8 may come in. */
  readonly allowsAnonymous: boolean
}

export interface PolicyCost {
  readonly section: string
  /** What a download takes, or an upload earns. */
  readonly bytes: number
  readonly ratio: number
  readonly kind: 'credits' | 'free'
}

export interface PolicyAnswer {
  readonly isAllowed: boolean
  /** Stable. */
  readonly reason: PolicyReason
  /** One sentence in English. */
  readonly words: string
  /** The line of the rights that decided. */
  readonly rule?: RuleRef
  readonly cost?: PolicyCost
  /** With `insufficient-credits`. */
  readonly credits?: { readonly needBytes: number; readonly haveBytes: number }
  /** The group whose admin the member is, with `group-admin`. */
  readonly group?: string
}

/** Why something is allowed. */
export const ALLOWED_REASONS = [
  'own-account',
  'granted-by-rule',
  /** To see a path that no `privpath` hides. */
  'public-path',
  /** By `deleteown` or `renameown`. */
  'granted-as-owner',
  'group-admin',
  'room-role',
  /** The member's role on the site stands above those of the room. */
  'site-role',
] as const

/** Why something is denied, in the order in which they are looked for. */
export const DENIED_REASONS = [
  'unknown-action',
  'no-such-account',
  'banned',
  'deleted',
  'purged',
  'inactive',
  'expired',
  'outside-login-hours',
  'mask-mismatch',
  'anonymous',
  'outside-token-scope',
  'mfa-required',
  'path-missing',
  'unsafe-path',
  /** To be told as a path that is not there. */
  'private-path',
  'not-the-owner',
  'target-outranks',
  /** An item with `!` fits the member. */
  'denied-by-rule',
  /** The line is about the path, and none of its items fits the member. */
  'not-granted-by-rule',
  /** No line is about the right at that path. */
  'no-rule',
  'insufficient-credits',
  'room-missing',
  'room-banned',
  'room-invite-only',
  'not-in-room',
  'room-moderated',
  'room-role-too-low',
] as const

export type PolicyReason = (typeof ALLOWED_REASONS)[number] | (typeof DENIED_REASONS)[number]

export function allow(
  reason: (typeof ALLOWED_REASONS)[number],
  words: string,
  more: Partial<PolicyAnswer> = {},
): PolicyAnswer {
  return { isAllowed: true, reason, words, ...more }
}

export function deny(
  reason: (typeof DENIED_REASONS)[number],
  words: string,
  more: Partial<PolicyAnswer> = {},
): PolicyAnswer {
  return { isAllowed: false, reason, words, ...more }
}
