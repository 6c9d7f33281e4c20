import { z } from 'zod'

import {
  flagLetters,
  groupName,
  memberName,
  TOKEN_SCOPES,
} from '#actors/account/account.commands.ts'
import { memberRole } from '#events/account.facts.ts'

/** A name as a client gives it: in upper or lower case. */
export const accountParam = memberName.describe('name of the account')
export const withAccount = z.object({ account: accountParam })
export const groupParam = groupName.describe('name of the group')
export const flagsParam = flagLetters
  .max(24)
  .describe("glFTPd's flags: digits 1 to 8, letters A to N")
export const roleParam = memberRole.describe('what the member may do in the chat')
export const passwordParam = z.string().max(1_024)
export const reasonParam = z.string().max(200).default('').describe('why, for the audit')
export const codeParam = z.string().min(1).max(64).describe('of the second factor')
export const scopeNames = z.array(z.enum(TOKEN_SCOPES)).min(1).max(TOKEN_SCOPES.length)
export const noParams = z.object({})

const amount = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).nullable()
const hour = z.number().int().min(0).max(23)

/** ISO 8601 with an offset, as it is given. */
export const momentParam = z.iso.datetime({ offset: true })
export const moment = z.iso.datetime()

export const limitsShape = z.object({
  logins_max: amount.describe('logins at a time; null: no limit'),
  logins_per_address_max: amount.describe('of them from one address'),
  uploads_max: amount.describe('uploads at a time'),
  downloads_max: amount.describe('downloads at a time'),
  upload_bytes_per_second_max: amount,
  download_bytes_per_second_max: amount,
  idle_timeout_ms: amount.describe('0: never'),
  login_hours: z.object({ from_hour: hour, to_hour: hour }).nullable().describe('in UTC'),
})

export const profileShape = z.object({
  tagline: z.string().max(120),
  comment: z.string().max(500).describe('of the administrators, for each other'),
  start_directory: z.string().max(512),
})

export const personalParams = {
  email: z.email().max(254).nullable().optional().describe('null: none any more'),
  real_name: z
    .string()
    .min(1)
    .max(200)
    .refine((text) => text.isWellFormed(), 'not whole characters')
    .nullable()
    .optional(),
}

export const standing = z.enum(['active', 'deleted', 'purged'])

/** What everybody sees who may see the record at all, and for whom more is null. */
export const accountShape = z
  .object({
    id: z.string().meta({ example: 'ann' }),
    name: z.string().meta({ example: 'Ann' }),
    group: z.string().describe('the primary one'),
    groups: z.array(z.object({ name: z.string(), is_admin: z.boolean() })),
    flags: z.string(),
    role: memberRole,
    standing,
    is_active: z.boolean(),
    ban: z.object({ until: moment.nullable(), reason: z.string() }).nullable(),
    expires_at: moment.nullable(),
    limits: limitsShape,
    tagline: z.string(),
    start_directory: z.string(),
    comment: z.string().nullable().describe('for those who administer accounts'),
    email: z.string().nullable().describe('for the member and those who administer accounts'),
    real_name: z.string().nullable(),
    has_mfa: z.boolean(),
    is_forgotten: z.boolean(),
    created_at: moment,
    added_by: z.string().nullable(),
  })
  .meta({ id: 'Account' })

/** It is done. */
export const doneShape = z.object({ account: z.string() })

export const pageParams = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().min(1).max(500).optional().describe('`next_cursor` of the page before'),
}

export function pageShape<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() })
}

export function isoOf(atMs: number): string {
  return new Date(atMs).toISOString()
}

export function isoOrNull(atMs: number | null): string | null {
  return atMs === null ? null : isoOf(atMs)
}
