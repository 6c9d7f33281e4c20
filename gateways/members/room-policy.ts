import type { RoomAction } from '#actors/policy/actions.ts'
import type { RoomStanding } from '#actors/policy/policy-request.ts'

import type { Member } from '#gateways/kernel/login.ts'
import type { Policy } from '#gateways/members/policy.ts'

/**
 * Rooms keep no roles, bans or modes yet: everybody in one is a member of it, and who is in it the
 * room itself knows best. What counts until then are the account and the scopes of its token.
 */
const STANDING: RoomStanding = {
  role: 'member',
  isBanned: false,
  isModerated: false,
  isInviteOnly: false,
  isInvited: false,
  isTopicLocked: false,
}

/** Whether the member may join, and so may know of what is told of a room from outside. */
export async function mayJoin(policy: Policy, member: Member): Promise<boolean> {
  return (await policy.ask(member, { action: 'room.join', room: STANDING })).isAllowed
}

/** Rejects with `forbidden` when the member may not do that in a room. */
export async function assertInRoom(
  policy: Policy,
  member: Member,
  action: RoomAction,
): Promise<void> {
  await policy.assert(member, { action, room: STANDING })
}
