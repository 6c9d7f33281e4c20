import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

/** Of the chat server: what a member may do to others. */
export const memberRole = z.enum(['user', 'moderator', 'administrator'])
export type MemberRole = z.output<typeof memberRole>

const moment = z.number().int().nonnegative()
const amount = z.number().int().nonnegative()

/** Hours of the day in UTC, from 0 to 23; a window may pass midnight. */
const loginHours = z.object({
  fromHour: z.number().int().min(0).max(23),
  toHour: z.number().int().min(0).max(23),
})

/** glFTPd's limits of a member; null: none. */
export const accountLimits = z.object({
  /** Logins at a time, in all and from one address. */
  loginsMax: amount.nullable(),
  loginsPerAddressMax: amount.nullable(),
  /** Transfers at a time. */
  uploadsMax: amount.nullable(),
  downloadsMax: amount.nullable(),
  uploadBytesPerSecondMax: amount.nullable(),
  downloadBytesPerSecondMax: amount.nullable(),
  /** A session that does nothing for so long ends; 0: never. */
  idleTimeoutMs: amount.nullable(),
  loginHours: loginHours.nullable(),
})
export type AccountLimits = z.output<typeof accountLimits>

export const accountProfile = z.object({
  tagline: z.string(),
  /** Of the administrators, for each other. */
  comment: z.string(),
  startDirectory: z.string(),
})
export type AccountProfile = z.output<typeof accountProfile>

/** An account is a member's identity over every gateway. */
export const accountFacts = {
  'account.created': fact(
    1,
    z.object({
      name: z.string(),
      group: z.string(),
      /** glFTPd's flag letters, sorted: `1` is siteop. */
      flags: z.string(),
    }),
  ),
  /** The hash itself lies in the vault under `credential:<credential>`. */
  'account.password-set': fact(1, z.object({ credential: z.string() })),
  'account.flags-set': fact(1, z.object({ flags: z.string() })),
  'account.role-set': fact(1, z.object({ role: memberRole })),
  'account.group-joined': fact(1, z.object({ group: z.string(), isAdmin: z.boolean() })),
  'account.group-left': fact(1, z.object({ group: z.string() })),
  'account.group-admin-set': fact(1, z.object({ group: z.string(), isAdmin: z.boolean() })),
  /** The group that a member's figures count for. */
  'account.primary-group-set': fact(1, z.object({ group: z.string() })),
  /** `mask` is a keyed tag of what `sealed` holds: `ident@address`, with `!` before it for a ban. */
  'account.mask-added': fact(1, z.object({ mask: z.string(), sealed: z.string() })),
  'account.mask-removed': fact(1, z.object({ mask: z.string() })),
  /** Those that have changed. */
  'account.limits-set': fact(1, accountLimits.partial()),
  'account.profile-set': fact(1, accountProfile.partial()),
  /** Sealed with the account's own key; null: none any more. */
  'account.personal-set': fact(
    1,
    z.object({ field: z.enum(['email', 'real-name']), sealed: z.string().nullable() }),
  ),
  'account.expiry-set': fact(1, z.object({ at: moment.nullable() })),
  'account.banned': fact(1, z.object({ until: moment.nullable(), reason: z.string() })),
  'account.unbanned': fact(1, z.object({})),
  'account.deactivated': fact(1, z.object({ reason: z.string() })),
  'account.activated': fact(1, z.object({})),
  'account.deleted': fact(1, z.object({ reason: z.string() })),
  'account.readded': fact(1, z.object({})),
  /** The name is not given again: history is by name. */
  'account.purged': fact(1, z.object({})),
  /** The key of the personal data is destroyed, or is about to be. */
  'account.forgotten': fact(1, z.object({})),
  /** A personal API token; its hash lies in the vault under `token:<token>`. */
  'account.token-created': fact(
    1,
    z.object({
      token: z.string(),
      label: z.string(),
      scopes: z.array(z.string()),
      expiresAt: moment.nullable(),
    }),
  ),
  'account.token-revoked': fact(1, z.object({ token: z.string(), reason: z.string() })),
  /** The secret lies in the vault under `totp:<secret>`; it counts once it is confirmed. */
  'account.mfa-begun': fact(1, z.object({ secret: z.string() })),
  'account.mfa-confirmed': fact(1, z.object({ secret: z.string(), step: amount })),
  'account.mfa-removed': fact(1, z.object({ reason: z.string() })),
  /** A code was taken: none of this step of time or of an earlier one is taken again. */
  'account.mfa-step-used': fact(1, z.object({ step: amount })),
  /** Their hashes lie in the vault under `recovery:<codes>`. */
  'account.recovery-codes-set': fact(1, z.object({ codes: z.string(), count: amount })),
  'account.recovery-code-used': fact(1, z.object({ codes: z.string(), index: amount })),
  /** A sign-in at another provider; `identity` is the id of its identity actor. */
  'account.identity-linked': fact(1, z.object({ provider: z.string(), identity: z.string() })),
  'account.identity-unlinked': fact(1, z.object({ provider: z.string(), identity: z.string() })),
  'account.rate-limits-tightened': fact(1, z.object({ signal: z.string(), until: moment })),
}

export type AccountFact = FactOf<typeof accountFacts>
export type AccountDecided = DecidedOf<typeof accountFacts>
