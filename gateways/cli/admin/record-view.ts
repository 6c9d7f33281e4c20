import type { z } from 'zod'

import { fields } from '#gateways/cli/admin/columns.ts'
import type { ControlOperation, CONTROL_OPERATIONS } from '#gateways/control/operations.ts'

/** What an operation answers. */
export type ResultOf<O extends ControlOperation> = z.output<
  (typeof CONTROL_OPERATIONS)[O]['result']
>

type Account = ResultOf<'account.show'>
type Group = ResultOf<'group.show'>

/** Everything that the record of an account says. */
export function accountLines(account: Account): string[] {
  const { limits, ban } = account
  return fields({
    name: account.name,
    standing: standingOf(account),
    'ban, until': ban && (ban.until ?? 'for ever'),
    'ban, reason': ban && ban.reason,
    groups: account.groups
      .map(({ name, is_admin }) => (is_admin ? `${name} (admin)` : name))
      .join(', '),
    'primary group': account.group,
    flags: account.flags,
    role: account.role,
    'second factor': account.has_mfa ? 'yes' : 'no',
    email: account.email,
    'real name': account.real_name,
    tagline: account.tagline,
    comment: account.comment,
    'start directory': account.start_directory,
    expires: account.expires_at,
    'logins, at a time': limits.logins_max,
    'logins, from one address': limits.logins_per_address_max,
    'login hours, UTC': limits.login_hours && hours(limits.login_hours),
    'idle time, seconds': limits.idle_timeout_ms === null ? null : limits.idle_timeout_ms / 1_000,
    'uploads, at a time': limits.uploads_max,
    'downloads, at a time': limits.downloads_max,
    'upload speed, bytes/s': limits.upload_bytes_per_second_max,
    'download speed, bytes/s': limits.download_bytes_per_second_max,
    created: account.created_at,
    'added by': account.added_by,
  })
}

function standingOf({ standing, is_active, is_forgotten }: Account): string {
  if (is_forgotten) return 'forgotten'
  return standing === 'active' && !is_active ? 'switched off' : standing
}

function hours({ from_hour, to_hour }: { from_hour: number; to_hour: number }): string {
  return `${from_hour}-${to_hour}`
}

/** Everything that the record of a group says. */
export function groupLines(group: Group): string[] {
  const { limits, slots_taken: taken } = group
  return fields({
    name: group.name,
    standing: group.is_deleted ? 'deleted' : 'active',
    description: group.description,
    private: group.is_private ? 'yes' : 'no',
    'slots, taken/of': slots(taken.member, limits.slots),
    'leech slots, taken/of': slots(taken.leech, limits.leech_slots),
    'allotment slots, taken/of': slots(taken.allotment, limits.allotment_slots),
    'largest allotment, bytes': limits.allotment_bytes_max,
    'logins, at a time': limits.logins_max,
  })
}

function slots(taken: number, limit: number | null): string {
  return `${taken}/${limit ?? 'no limit'}`
}
