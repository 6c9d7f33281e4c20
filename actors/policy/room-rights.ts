import type { RoomAction } from '#actors/policy/actions.ts'
import {
  allow,
  deny,
  type PolicyAnswer,
  type PolicyRequest,
  type RoomRole,
  type RoomStanding,
} from '#actors/policy/policy-request.ts'
import { rankOf } from '#actors/policy/site-rights.ts'

type RoomRequest = PolicyRequest & { readonly action: RoomAction }

/** Each role may do what the ones before it may. */
const ROOM_ROLES: readonly RoomRole[] = ['none', 'member', 'voice', 'operator', 'owner']

/** What a role on the site is worth in every room, by `rankOf`. */
const WORTH: readonly RoomRole[] = ['none', 'operator', 'owner']

type Needs = (room: RoomStanding, isOwner: boolean) => RoomRole

/** The least role for each action, as IRC has it (RFC 2812, section 2.5.1 and channel modes). */
const LEAST: Record<Exclude<RoomAction, 'room.create' | 'room.join'>, Needs> = {
  'room.post': ({ isModerated }) => (isModerated ? 'voice' : 'member'),
  'room.set-topic': ({ isTopicLocked }) => (isTopicLocked ? 'operator' : 'member'),
  'room.invite': ({ isInviteOnly }) => (isInviteOnly ? 'operator' : 'member'),
  'room.kick': () => 'operator',
  'room.ban': () => 'operator',
  'room.op': () => 'operator',
  'room.voice': () => 'operator',
  /** Everybody may take back what they said. */
  'room.delete-message': (_, isOwner) => (isOwner ? 'member' : 'operator'),
}

/** What is done to another: not to one whose role in the room is higher. */
const TO_OTHERS: ReadonlySet<RoomAction> = new Set([
  'room.kick',
  'room.ban',
  'room.op',
  'room.voice',
])

/** Whether a member may do something in a room, by the role in it and the one on the site. */
export function decideRoomRight({ member, action, room, isOwner }: RoomRequest): PolicyAnswer {
  const { name } = member
  if (action === 'room.create') return allow('room-role', `${name} may create rooms.`)
  if (!room) return deny('room-missing', `${action} is about a room.`)
  const worth = WORTH[rankOf(member)]!
  if (room.isBanned && worth === 'none') {
    return deny('room-banned', `${name} is banned from the room.`)
  }
  if (action === 'room.join') return decideJoin(name, room, worth)
  // Only who is in a room has a say in it by words; what is in the room's order comes from above.
  if (room.role === 'none' && (worth === 'none' || action === 'room.post')) {
    return deny('not-in-room', `${name} is not in the room.`)
  }
  const least = LEAST[action](room, isOwner === true)
  const role = higherOf(room.role, worth)
  if (isLower(role, least)) {
    const [reason, words] =
      action === 'room.post'
        ? (['room-moderated', `The room is moderated, and ${name} has no voice in it.`] as const)
        : (['room-role-too-low', `${name} has to be ${least} of the room to do that.`] as const)
    return deny(reason, words)
  }
  if (TO_OTHERS.has(action) && isLower(role, room.targetRole ?? 'none')) {
    return deny('room-role-too-low', `${name} may not do that to one whose role is higher.`)
  }
  return isLower(room.role, least)
    ? allow('site-role', `${name} may do that by the role on the site.`)
    : allow('room-role', `${name} may do that as ${room.role} of the room.`)
}

function decideJoin(name: string, room: RoomStanding, worth: RoomRole): PolicyAnswer {
  const isKept = room.isBanned || (room.isInviteOnly && !room.isInvited && room.role === 'none')
  if (!isKept) return allow('room-role', `${name} may join the room.`)
  if (worth !== 'none') return allow('site-role', `${name} may join by the role on the site.`)
  return deny('room-invite-only', `The room is for those who are invited, and ${name} is not.`)
}

function isLower(role: RoomRole, least: RoomRole): boolean {
  return ROOM_ROLES.indexOf(role) < ROOM_ROLES.indexOf(least)
}

function higherOf(one: RoomRole, other: RoomRole): RoomRole {
  return isLower(one, other) ? other : one
}
