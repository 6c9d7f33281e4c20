import { z } from 'zod'

import {
  type AccountLimits,
  accountLimits,
  type AccountProfile,
  accountProfile,
  memberRole,
  type MemberRole,
} from '#events/account.facts.ts'
import { isPlainKey } from '#events/records.ts'

/** Letters, digits, `_` and `-`, 1 to 24 of them, the first a letter or digit. */
export const memberName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,23}$/, '1 to 24 letters, digits, _ and -')
export const groupName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, '1 to 32 letters, digits, _ and -')
/** glFTPd's flags: digits 1-8 and letters A-N. */
export const flagLetters = z.string().regex(/^[1-8A-N]*$/, 'digits 1 to 8 and letters A to N')
/** What an API token may be used for; a login by password may do all that its member may. */
export const TOKEN_SCOPES = [
  'read',
  'chat',
  'upload',
  'download',
  'site',
  'audit',
  'admin',
] as const
export const tokenScope = z.enum(TOKEN_SCOPES)
export type TokenScope = z.output<typeof tokenScope>

const moment = z.number().int().nonnegative()
const reason = z.string().max(300)
const sealed = z.string().min(1).max(8_192)
const tag = z.string().min(1).max(64).refine(isPlainKey, 'not a name that can be kept')
const step = z.number().int().nonnegative()

/** Limits on what an account may collect. */
export const ACCOUNT_LIMITS = { groups: 20, masks: 50, tokens: 50, identities: 10 } as const

export const accountCommands = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('account.create'),
    name: memberName,
    group: groupName,
    flags: flagLetters,
    role: memberRole.optional(),
    /** Id of the secret in the vault that holds the password's hash. */
    credential: z.uuid(),
  }),
  z.object({ type: z.literal('account.set-password'), credential: z.uuid() }),
  z.object({ type: z.literal('account.set-flags'), flags: flagLetters }),
  z.object({ type: z.literal('account.set-role'), role: memberRole }),
  z.object({ type: z.literal('account.join-group'), group: groupName, isAdmin: z.boolean() }),
  z.object({ type: z.literal('account.leave-group'), group: groupName }),
  z.object({ type: z.literal('account.set-group-admin'), group: groupName, isAdmin: z.boolean() }),
  z.object({ type: z.literal('account.set-primary-group'), group: groupName }),
  z.object({ type: z.literal('account.add-mask'), mask: tag, sealed }),
  z.object({ type: z.literal('account.remove-mask'), mask: tag }),
  z.object({ type: z.literal('account.set-limits'), limits: accountLimits.partial() }),
  z.object({
    type: z.literal('account.set-profile'),
    profile: accountProfile
      .extend({
        tagline: z.string().max(120),
        comment: z.string().max(500),
        startDirectory: z.string().max(512),
      })
      .partial(),
  }),
  z.object({
    type: z.literal('account.set-personal'),
    field: z.enum(['email', 'real-name']),
    sealed: sealed.nullable(),
  }),
  z.object({ type: z.literal('account.set-expiry'), at: moment.nullable() }),
  z.object({ type: z.literal('account.ban'), until: moment.nullable(), reason }),
  z.object({ type: z.literal('account.unban') }),
  z.object({ type: z.literal('account.deactivate'), reason }),
  z.object({ type: z.literal('account.activate') }),
  z.object({ type: z.literal('account.delete'), reason }),
  z.object({ type: z.literal('account.readd') }),
  /** Of a deleted account alone. */
  z.object({ type: z.literal('account.purge') }),
  /** Also deletes and purges the account. */
  z.object({ type: z.literal('account.forget') }),
  z.object({
    type: z.literal('account.create-token'),
    token: z.uuid(),
    label: z.string().min(1).max(64),
    scopes: z.array(tokenScope).min(1).max(TOKEN_SCOPES.length),
    expiresAt: moment.nullable(),
  }),
  z.object({ type: z.literal('account.revoke-token'), token: z.uuid(), reason }),
  z.object({ type: z.literal('account.begin-mfa'), secret: z.uuid() }),
  z.object({
    type: z.literal('account.confirm-mfa'),
    secret: z.uuid(),
    step,
    /** Id of the recovery codes in the vault, and how many. */
    codes: z.uuid(),
    count: z.number().int().min(1).max(20),
  }),
  z.object({ type: z.literal('account.remove-mfa'), reason }),
  /** Refused when the step or a later one was used before. */
  z.object({ type: z.literal('account.use-mfa-step'), step }),
  z.object({
    type: z.literal('account.set-recovery-codes'),
    codes: z.uuid(),
    count: z.number().int().min(1).max(20),
  }),
  /** Refused when that code was used before. */
  z.object({
    type: z.literal('account.use-recovery-code'),
    codes: z.uuid(),
    index: z.number().int().min(0).max(19),
  }),
  z.object({
    type: z.literal('account.link-identity'),
    provider: z.string().min(1).max(64),
    identity: tag,
  }),
  z.object({ type: z.literal('account.unlink-identity'), identity: tag }),
  z.object({
    type: z.literal('account.tighten-rate-limits'),
    signal: z.string().min(1).max(64),
    until: moment,
  }),
])

export type AccountCommand = z.output<typeof accountCommands>

export const ACCOUNT_REFUSALS = {
  accountExists: 'account-exists',
  noSuchAccount: 'no-such-account',
  /** What is asked for needs an account that is deleted, or one that is not. */
  accountDeleted: 'account-deleted',
  accountNotDeleted: 'account-not-deleted',
  accountPurged: 'account-purged',
  notInGroup: 'not-in-group',
  /** Nobody is without a group. */
  lastGroup: 'last-group',
  /** Fields `what`, `limit`. */
  tooMany: 'too-many',
  noSuchMask: 'no-such-mask',
  noSuchToken: 'no-such-token',
  mfaOn: 'mfa-on',
  mfaOff: 'mfa-off',
  mfaNotBegun: 'mfa-not-begun',
  codeUsed: 'code-used',
  noSuchIdentity: 'no-such-identity',
  notBanned: 'not-banned',
} as const

/** The id of the account with this name: names that differ in case alone are one account. */
export function accountId(name: string): string {
  return name.toLowerCase()
}

/** The standing of an account, as the machine's state value has it. */
export type AccountStanding = 'absent' | 'active' | 'deleted' | 'purged'

export const NO_LIMITS: AccountLimits = {
  loginsMax: null,
  loginsPerAddressMax: null,
  uploadsMax: null,
  downloadsMax: null,
  uploadBytesPerSecondMax: null,
  downloadBytesPerSecondMax: null,
  idleTimeoutMs: null,
  loginHours: null,
}

export const NO_PROFILE: AccountProfile = { tagline: '', comment: '', startDirectory: '' }

export const NO_MFA: AccountContext['mfa'] = {
  secret: null,
  begun: null,
  lastStep: 0,
  codes: null,
  codesCount: 0,
  usedCodes: [],
}

/** What gateways and the login may know of an account. */
export interface AccountContext {
  name: string
  /** The primary group, always one of `groups`. */
  group: string
  /** Group's name, as given, to whether the member is one of its admins. */
  groups: Record<string, { isAdmin: boolean }>
  /** The names of `groups` in the order of joining: an object puts names of digits first. */
  groupOrder: string[]
  flags: string
  role: MemberRole
  /** Key of the current password's hash in the vault, below `credential:`. */
  credential: string
  createdAtMs: number
  addedBy: string | null
  /** Mask's tag to the mask, sealed (field `mask` of subject `account:<id>`). */
  masks: Record<string, string>
  limits: AccountLimits
  profile: AccountProfile
  /** Sealed (fields `email`, `real-name`); null: not told. */
  email: string | null
  realName: string | null
  expiresAtMs: number | null
  /** Null: not banned. `untilMs` null: for ever. Over once `untilMs` is past. */
  ban: { untilMs: number | null; reason: string } | null
  /** False: switched off by an administrator, as in the chat server. */
  isActive: boolean
  isForgotten: boolean
  tokens: Record<
    string,
    { label: string; scopes: string[]; createdAtMs: number; expiresAtMs: number | null }
  >
  mfa: {
    /** Id of the secret that counts; null: none. */
    secret: string | null
    /** Id of one that is not confirmed yet. */
    begun: string | null
    lastStep: number
    /** Id of the recovery codes and which of them are used. */
    codes: string | null
    codesCount: number
    usedCodes: number[]
  }
  /** Identity actor's id to the provider. */
  identities: Record<string, string>
  tightenedUntilMs: number
}
