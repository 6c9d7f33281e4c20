import { z } from 'zod'

import type { AccountCommand } from '#actors/account/account.commands.ts'
import { memberSubject } from '#events/seals.ts'

import {
  activeAccount,
  assertNotAsGroupAdmin,
  readModelsOf,
  sendAccount,
} from '#gateways/members/administration/account-actor.ts'
import {
  type AdministrationDeps,
  type Caller,
  operation,
} from '#gateways/members/administration/operation.ts'
import { assertGivesNoMore } from '#gateways/members/administration/no-more-than-oneself.ts'
import { renderAccount } from '#gateways/members/administration/render-account.ts'
import {
  accountShape,
  flagsParam,
  groupParam,
  isoOf,
  isoOrNull,
  limitsShape,
  moment,
  momentParam,
  pageParams,
  pageShape,
  personalParams,
  profileShape,
  reasonParam,
  roleParam,
  standing,
  withAccount,
} from '#gateways/members/administration/shapes.ts'
import { camelCased } from '#gateways/members/administration/snake-case.ts'

export const showAccount = operation({
  summary: 'An account',
  params: withAccount,
  result: accountShape,
  action: 'see-users',
  account: ({ account }) => account,
  isFree: true,
  run: (deps, { account }, caller) => renderAccount(deps, account, caller),
})

const summaryShape = z
  .object({
    id: z.string(),
    name: z.string(),
    group: z.string(),
    flags: z.string(),
    role: roleParam,
    standing,
    is_active: z.boolean(),
    is_banned: z.boolean(),
    banned_until: moment.nullable(),
    expires_at: moment.nullable(),
    tagline: z.string(),
    has_mfa: z.boolean(),
    is_forgotten: z.boolean(),
    created_at: moment,
    added_by: z.string().nullable(),
    last_seen_at: moment.nullable(),
    last_gateway: z.string().nullable(),
  })
  .meta({ id: 'AccountSummary' })

export const listAccounts = operation({
  summary: 'Accounts by name',
  params: z.object({
    group: groupParam.optional(),
    role: roleParam.optional(),
    standing: standing.optional(),
    search: z.string().min(1).max(64).optional().describe('what the name begins with'),
    ...pageParams,
  }),
  result: pageShape(summaryShape),
  action: 'see-users',
  async run(deps, { limit, ...asked }) {
    const query = { ...(camelCased(asked) as object), limit }
    const { items, nextCursor } = await readModelsOf(deps).accounts(query)
    return {
      items: items.map((each) => ({
        id: each.id,
        name: each.name,
        group: each.group,
        flags: each.flags,
        role: each.role,
        standing: each.standing,
        is_active: each.isActive,
        is_banned: each.isBanned,
        banned_until: isoOrNull(each.bannedUntil),
        expires_at: isoOrNull(each.expiresAt),
        tagline: each.tagline,
        has_mfa: each.hasMfa,
        is_forgotten: each.isForgotten,
        created_at: isoOf(each.createdAt),
        added_by: each.addedBy,
        last_seen_at: isoOrNull(each.lastSeenAt),
        last_gateway: each.lastGateway,
      })),
      next_cursor: nextCursor,
    }
  },
})

const setParams = withAccount.extend({
  flags: flagsParam.optional(),
  role: roleParam.optional(),
  limits: limitsShape.partial().optional().describe('those that change'),
  profile: profileShape.partial().optional().describe('what changes of it'),
  ...personalParams,
  expires_at: momentParam.nullable().optional().describe('null: never'),
  active: z.boolean().optional().describe('false: nobody comes in by it'),
  reason: reasonParam,
  primary_group: groupParam.optional().describe('one of the groups of the account'),
})
type Settings = Omit<Partial<z.output<typeof setParams>>, 'account'>

/** What the admins of a group may set of its members. */
const OF_GROUP_ADMINS: ReadonlySet<string> = new Set(['account', 'limits', 'profile', 'reason'])

export const setAccount = operation({
  summary: 'Changes what is said of an account',
  params: setParams,
  result: accountShape,
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account: name, ...settings }, caller) {
    const { id, account } = await activeAccount(deps, name)
    const isSet = (field: string) => settings[field as keyof typeof settings] !== undefined
    if (Object.keys(settings).some((field) => isSet(field) && !OF_GROUP_ADMINS.has(field))) {
      await assertNotAsGroupAdmin(deps, caller, id)
    }
    const { flags = account.flags, role = account.role } = settings
    // Nobody lifts a member above themselves.
    if (caller.member) {
      const target = { groups: Object.keys(account.groups), flags, role }
      await deps.policy.assert(caller.member, { action: 'administer-accounts', target })
      await assertGivesNoMore(deps, caller, id, { flags, role })
    }
    await applySettings(deps, id, settings, caller)
    return await renderAccount(deps, id, caller)
  },
})

export const setOwnAccount = operation({
  summary: 'Changes what members say of themselves',
  params: withAccount.extend({
    tagline: profileShape.shape.tagline.optional(),
    ...personalParams,
  }),
  result: accountShape,
  account: ({ account }) => account,
  isOwn: true,
  async run(deps, { account, tagline, ...personal }, caller) {
    const { id } = await activeAccount(deps, account)
    const settings = { ...personal, ...(tagline !== undefined && { profile: { tagline } }) }
    await applySettings(deps, id, settings, caller)
    return await renderAccount(deps, id, caller)
  },
})

export async function applySettings(
  deps: Pick<AdministrationDeps, 'seals' | 'host'>,
  id: string,
  settings: Settings,
  caller: Caller,
): Promise<void> {
  for (const command of await commandsOf(deps, id, settings)) {
    const step = command.type === 'account.set-personal' ? command.field : command.type
    await sendAccount(deps, id, command, caller.context(step))
  }
}

/** One command for each thing that changes. */
async function commandsOf(
  deps: Pick<AdministrationDeps, 'seals'>,
  id: string,
  settings: Settings,
): Promise<AccountCommand[]> {
  const { flags, role, limits, profile, expires_at: expires, active, reason = '' } = settings
  const { primary_group: group } = settings
  const at = typeof expires === 'string' ? Date.parse(expires) : null
  return [
    ...(flags === undefined ? [] : [{ type: 'account.set-flags', flags } as const]),
    ...(role === undefined ? [] : [{ type: 'account.set-role', role } as const]),
    ...(limits === undefined
      ? []
      : [{ type: 'account.set-limits', limits: camelCased(limits) } as const]),
    ...(profile === undefined
      ? []
      : [{ type: 'account.set-profile', profile: camelCased(profile) } as const]),
    ...(expires === undefined ? [] : [{ type: 'account.set-expiry', at } as const]),
    ...(active === undefined
      ? []
      : [active ? ({ type: 'account.activate' } as const) : deactivate(reason)]),
    ...(group === undefined ? [] : [{ type: 'account.set-primary-group', group } as const]),
    ...(await personal(deps, id, 'email', settings.email)),
    ...(await personal(deps, id, 'real-name', settings.real_name)),
  ]
}

function deactivate(reason: string): AccountCommand {
  return { type: 'account.deactivate', reason }
}

async function personal(
  { seals }: Pick<AdministrationDeps, 'seals'>,
  id: string,
  field: 'email' | 'real-name',
  plain: string | null | undefined,
): Promise<AccountCommand[]> {
  if (plain === undefined) return []
  const sealed = plain === null ? null : await seals.seal(memberSubject(id), field, plain)
  return [{ type: 'account.set-personal', field, sealed }]
}
