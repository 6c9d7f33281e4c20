import { ACCOUNT_REFUSALS, type AccountCommand } from '#actors/account/account.commands.ts'
import { type AccountDecisions, assertRoom } from '#actors/account/account.decisions.ts'
import { changedFields } from '#actors/kernel/changed-fields.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'

type RecordCommand = Extract<
  AccountCommand['type'],
  | `account.set-${'flags' | 'role' | 'limits' | 'profile' | 'personal' | 'expiry'}`
  | `account.${'add-mask' | 'remove-mask' | 'ban' | 'unban' | 'deactivate' | 'activate'}`
  | 'account.tighten-rate-limits'
>

/** What is said of a member. What is so already is no fact. */
export const recordDecisions: AccountDecisions<RecordCommand> = {
  'account.set-flags': (account, command) => {
    const flags = sortedFlags(command.flags)
    return flags === account.flags ? [] : [{ type: 'account.flags-set', data: { flags } }]
  },
  'account.set-role': (account, { role }) =>
    role === account.role ? [] : [{ type: 'account.role-set', data: { role } }],
  'account.set-limits': (account, { limits }) => {
    const data = changedFields(account.limits, limits)
    return data ? [{ type: 'account.limits-set', data }] : []
  },
  'account.set-profile': (account, { profile }) => {
    const data = changedFields(account.profile, profile)
    return data ? [{ type: 'account.profile-set', data }] : []
  },
  'account.set-personal': (account, { field, sealed }) => {
    const present = field === 'email' ? account.email : account.realName
    return sealed === present ? [] : [{ type: 'account.personal-set', data: { field, sealed } }]
  },
  'account.set-expiry': (account, { at }) =>
    at === account.expiresAtMs ? [] : [{ type: 'account.expiry-set', data: { at } }],
  'account.add-mask': (account, { mask, sealed }) => {
    if (entryOf(account.masks, mask) !== undefined) return []
    assertRoom('masks', account.masks)
    return [{ type: 'account.mask-added', data: { mask, sealed } }]
  },
  'account.remove-mask': (account, { mask }) => {
    if (entryOf(account.masks, mask) === undefined) {
      throw new Refusal(ACCOUNT_REFUSALS.noSuchMask, `${account.name} has no such mask.`)
    }
    return [{ type: 'account.mask-removed', data: { mask } }]
  },
  'account.ban': ({ ban }, { until, reason }) => {
    if (ban?.untilMs === until && ban.reason === reason) return []
    return [{ type: 'account.banned', data: { until, reason } }]
  },
  'account.unban': (account) => {
    if (account.ban) return [{ type: 'account.unbanned', data: {} }]
    throw new Refusal(ACCOUNT_REFUSALS.notBanned, `${account.name} is not banned.`)
  },
  'account.deactivate': (account, { reason }) =>
    account.isActive ? [{ type: 'account.deactivated', data: { reason } }] : [],
  'account.activate': (account) =>
    account.isActive ? [] : [{ type: 'account.activated', data: {} }],
  'account.tighten-rate-limits': (account, { signal, until }) => {
    // Two signals at once: the longer time counts.
    if (until <= account.tightenedUntilMs) return []
    return [{ type: 'account.rate-limits-tightened', data: { signal, until } }]
  },
}

/** Flag letters sorted and each once. */
export function sortedFlags(flags: string): string {
  return [...new Set(flags)].toSorted().join('')
}
