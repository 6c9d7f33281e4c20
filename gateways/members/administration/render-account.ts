import type { z } from 'zod'

import { memberSubject } from '#events/seals.ts'

import {
  accountOf,
  actingGroup,
  type KnownAccount,
} from '#gateways/members/administration/account-actor.ts'
import type { AdministrationDeps, Caller } from '#gateways/members/administration/operation.ts'
import { POLICY_REFUSALS } from '#gateways/members/policy.ts'
import { Refusal } from '#events/refusal.ts'
import { type accountShape, isoOf, isoOrNull } from '#gateways/members/administration/shapes.ts'
import { snakeCased } from '#gateways/members/administration/snake-case.ts'

export type AccountRecord = z.output<typeof accountShape>

/** An account as the caller may see it. */
export async function renderAccount(
  deps: AdministrationDeps,
  name: string,
  caller: Caller,
): Promise<AccountRecord> {
  const known = await accountOf(deps, name)
  const { id, account, standing } = known
  const isAdministered = await mayAdminister(deps, caller, id)
  const isShown = isAdministered || caller.member?.id === id
  const { profile, ban } = account
  return {
    id,
    name: account.name,
    group: account.group,
    groups: account.groupOrder.map((group) => ({
      name: group,
      is_admin: account.groups[group]?.isAdmin ?? false,
    })),
    flags: account.flags,
    role: account.role,
    standing,
    is_active: account.isActive,
    ban: ban && { until: isoOrNull(ban.untilMs), reason: ban.reason },
    expires_at: isoOrNull(account.expiresAtMs),
    limits: snakeCased({ ...account.limits }) as AccountRecord['limits'],
    tagline: profile.tagline,
    start_directory: profile.startDirectory,
    comment: isAdministered ? profile.comment : null,
    email: isShown ? await unsealed(deps, known, 'email', account.email) : null,
    real_name: isShown ? await unsealed(deps, known, 'real-name', account.realName) : null,
    has_mfa: account.mfa.secret !== null,
    is_forgotten: account.isForgotten,
    created_at: isoOf(account.createdAtMs),
    added_by: account.addedBy,
  }
}

/** With the right itself: to be the admin of a group is not enough for what is personal. */
async function mayAdminister(
  deps: AdministrationDeps,
  caller: Caller,
  account: string,
): Promise<boolean> {
  try {
    return (await actingGroup(deps, caller, account)) === undefined
  } catch (cause) {
    if (cause instanceof Refusal && cause.code === POLICY_REFUSALS.forbidden) return false
    throw cause
  }
}

async function unsealed(
  { seals }: AdministrationDeps,
  { id }: KnownAccount,
  field: string,
  sealed: string | null,
): Promise<string | null> {
  if (sealed === null) return null
  return (await seals.unseal(memberSubject(id), field, sealed)) ?? null
}
