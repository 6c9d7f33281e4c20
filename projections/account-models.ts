import type { MemberRole } from '#events/account.facts.ts'
import type { GroupLimits, GroupSlot } from '#events/group.facts.ts'
import type { LedgerCause } from '#events/ledger.facts.ts'

import type { Page, PageQuery } from '#projections/read-models.ts'

/**
 * What the gateways may ask of accounts, groups and credits: a part of `ReadModels`. What is
 * sealed stays sealed here. Times are milliseconds since 1970.
 */
export interface AccountModels {
  /** By name. Deleted, purged and forgotten ones are among them unless `standing` says otherwise. */
  accounts(query: AccountsQuery): Promise<Page<AccountSummary>>
  account(id: string): Promise<AccountDetail | undefined>
  /** Who was here last, first; `limit` is 1 to 1,000. Active accounts alone. */
  lastSeen(limit: number): Promise<readonly AccountSummary[]>
  /** By name. */
  groups(query: GroupsQuery): Promise<Page<GroupSummary>>
  /** By its name, in upper or lower case; of its members the first 1,000. */
  group(id: string): Promise<GroupDetail | undefined>
  /** The last line first. */
  ledger(query: LedgerQuery): Promise<Page<LedgerLine>>
  /** By section. */
  balances(account: string): Promise<readonly Balance[]>
  /** HTTP sessions that go on, oldest first. */
  sessions(account: string): Promise<readonly OpenSession[]>
  /** API tokens that are not revoked, expired ones too, oldest first. */
  tokens(account: string): Promise<readonly ApiToken[]>
  /** Who is locked out now, for longest first; 1,000 at most. */
  lockouts(): Promise<readonly Lockout[]>
}

export type AccountStanding = 'active' | 'deleted' | 'purged'

export interface AccountsQuery extends PageQuery {
  readonly group?: string
  readonly role?: MemberRole
  readonly standing?: AccountStanding
  /** What the name begins with, in upper or lower case. */
  readonly search?: string
}

export interface AccountSummary {
  readonly id: string
  readonly name: string
  /** The primary one. */
  readonly group: string
  readonly flags: string
  readonly role: MemberRole
  readonly standing: AccountStanding
  /** False: switched off by an administrator. */
  readonly isActive: boolean
  /** Now: a ban that is over does not count. */
  readonly isBanned: boolean
  /** Null: not banned, or for ever. */
  readonly bannedUntil: number | null
  readonly expiresAt: number | null
  readonly tagline: string
  /** Of the administrators, for each other. */
  readonly comment: string
  readonly hasMfa: boolean
  /** The personal data is gone for ever. */
  readonly isForgotten: boolean
  readonly createdAt: number
  readonly addedBy: string | null
  readonly lastSeenAt: number | null
  readonly lastGateway: string | null
}

export interface AccountDetail extends AccountSummary {
  /** In the order of joining. */
  readonly groups: readonly AccountGroup[]
}

export interface AccountGroup {
  readonly id: string
  readonly name: string
  readonly isAdmin: boolean
  readonly since: number
}

export interface GroupsQuery extends PageQuery {
  readonly withDeleted?: boolean
  /** Default true: who may see private groups is the caller's to know. */
  readonly withPrivate?: boolean
}

export interface GroupSummary {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly isPrivate: boolean
  readonly isDeleted: boolean
  readonly createdAt: number
  readonly limits: GroupLimits
  readonly slotsTaken: Readonly<Record<GroupSlot, number>>
  /** Accounts in it that are neither deleted nor purged. */
  readonly memberCount: number
}

export interface GroupDetail extends GroupSummary {
  readonly members: readonly GroupMember[]
}

export interface GroupMember {
  readonly account: string
  readonly name: string
  readonly isAdmin: boolean
  readonly since: number
  /** Slots of the group that the member holds. */
  readonly slots: readonly GroupSlot[]
}

export interface LedgerQuery extends PageQuery {
  readonly account: string
  readonly section?: string
}

export interface LedgerLine {
  /** Its number: the fact's version in the ledger's stream. */
  readonly line: number
  /** The fact's position in the log. */
  readonly position: number
  readonly at: number
  readonly by: string | null
  readonly section: string
  /** Below 0 when credits went. */
  readonly changeBytes: number
  readonly balanceAfterBytes: number
  readonly cause: LedgerLineCause
  /** The line that this one undoes, wholly or in part. */
  readonly reversedLine: number | null
}

/** As `LedgerCause` has it, and `allotment` for the week's. */
export type LedgerLineCause = { readonly kind: LedgerCause['kind'] | 'allotment' } & {
  readonly [F in Exclude<keyof LedgerCause, 'kind'>]-?: string | null
}

export interface Balance {
  readonly section: string
  readonly balanceBytes: number
  /** Credits per byte; null: that of the default section. */
  readonly ratio: number | null
  /** A week; null: none. */
  readonly allotmentBytes: number | null
}

export interface OpenSession {
  readonly id: string
  /** `password` or `oidc`. */
  readonly method: string
  /** A second factor was given. */
  readonly mfa: boolean
  readonly openedAt: number
  readonly refreshedAt: number
  readonly expiresAt: number
  /** Sealed with the account's key, field `remote`. */
  readonly remote: string | null
}

export interface ApiToken {
  readonly id: string
  readonly label: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
}

export interface Lockout {
  /** Of the lockout actor. */
  readonly id: string
  /** The account that is locked, which need not exist; null when it is an address. */
  readonly account: string | null
  readonly lockedAt: number
  readonly until: number
  readonly failures: number
}
