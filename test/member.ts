import { NO_LIMITS } from '#actors/account/account.commands.ts'
import type { Member } from '#gateways/kernel/login.ts'

/** A member who has logged in by password. */
export function memberNamed(name: string, more: Partial<Member> = {}): Member {
  return {
    id: name.toLowerCase(),
    name,
    group: 'GRP',
    groups: ['GRP'],
    adminOf: [],
    flags: '3',
    role: 'user',
    tier: 'member',
    limits: NO_LIMITS,
    credential: 'credential',
    method: 'password',
    hasSecondFactor: false,
    scopes: null,
    ...more,
  }
}
