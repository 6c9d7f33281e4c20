import { describe, expect, it } from 'vitest'

import type { RoomStanding } from '#actors/policy/policy-request.ts'
import { answerTo, inShort, MEMBERS, roomAs } from '#test/conformance/policy.fixture.ts'

type Role = RoomStanding['role']
type Special = Partial<RoomStanding>

const MODERATED: Special = { isModerated: true }
const INVITE: Special = { isInviteOnly: true }
const BANNED: Special = { isBanned: true }
const LOCKED: Special = { isTopicLocked: true }

const YES = 'yes room-role'
const SITE = 'yes site-role'
const LOW = 'no room-role-too-low'
const OUT = 'no not-in-room'

describe('members in a room', () => {
  it.each<readonly [Role, string, Special, string]>([
    ['none', 'join', {}, YES],
    ['member', 'join', {}, YES],
    ['none', 'join', BANNED, 'no room-banned'],
    ['none', 'join', INVITE, 'no room-invite-only'],
    ['none', 'join', { ...INVITE, isInvited: true }, YES],
    ['none', 'join', { ...INVITE, ...BANNED, isInvited: true }, 'no room-banned'],
    ['member', 'join', INVITE, YES],
    ['none', 'join', MODERATED, YES],
    ['none', 'post', {}, OUT],
    ['member', 'post', {}, YES],
    ['member', 'post', BANNED, 'no room-banned'],
    ['member', 'post', MODERATED, 'no room-moderated'],
    ['voice', 'post', MODERATED, YES],
    ['operator', 'post', MODERATED, YES],
    ['owner', 'post', MODERATED, YES],
    ['member', 'post', INVITE, YES],
    ['none', 'set-topic', {}, OUT],
    ['member', 'set-topic', {}, YES],
    ['member', 'set-topic', LOCKED, LOW],
    ['voice', 'set-topic', LOCKED, LOW],
    ['operator', 'set-topic', LOCKED, YES],
    ['none', 'invite', {}, OUT],
    ['member', 'invite', {}, YES],
    ['member', 'invite', INVITE, LOW],
    ['voice', 'invite', INVITE, LOW],
    ['operator', 'invite', INVITE, YES],
    ['none', 'kick', {}, OUT],
    ['member', 'kick', {}, LOW],
    ['voice', 'kick', {}, LOW],
    ['operator', 'kick', {}, YES],
    ['operator', 'kick', { targetRole: 'voice' }, YES],
    ['operator', 'kick', { targetRole: 'operator' }, YES],
    ['operator', 'kick', { targetRole: 'owner' }, LOW],
    ['owner', 'kick', { targetRole: 'operator' }, YES],
    ['owner', 'kick', { targetRole: 'owner' }, YES],
    ['voice', 'ban', {}, LOW],
    ['operator', 'ban', { targetRole: 'member' }, YES],
    ['operator', 'ban', { targetRole: 'owner' }, LOW],
    ['operator', 'ban', BANNED, 'no room-banned'],
    ['voice', 'op', {}, LOW],
    ['operator', 'op', { targetRole: 'member' }, YES],
    ['operator', 'op', { targetRole: 'owner' }, LOW],
    ['owner', 'op', { targetRole: 'operator' }, YES],
    ['member', 'voice', {}, LOW],
    ['operator', 'voice', { targetRole: 'member' }, YES],
    ['member', 'delete-message', {}, LOW],
    ['operator', 'delete-message', {}, YES],
    ['none', 'delete-message', {}, OUT],
  ])('%s: %s with %j: %s', (role, action, special, answer) => {
    expect(inShort(answerTo(`room.${action}`, { room: roomAs(role, special) }))).toBe(answer)
  })

  it('take back what they said, while they are there', () => {
    const takeBack = (role: Role) =>
      inShort(answerTo('room.delete-message', { room: roomAs(role), isOwner: true }))
    expect([takeBack('member'), takeBack('none')]).toEqual([YES, OUT])
  })

  it('make rooms, and are told what is missing', () => {
    expect(inShort(answerTo('room.create'))).toBe(YES)
    expect(inShort(answerTo('room.post'))).toBe('no room-missing')
  })
})

describe('who has a role on the site', () => {
  it.each<readonly ['moderator' | 'administrator' | 'siteop', Role, string, Special, string]>([
    ['moderator', 'none', 'join', {}, YES],
    ['moderator', 'none', 'join', BANNED, SITE],
    ['moderator', 'none', 'join', INVITE, SITE],
    ['siteop', 'none', 'join', INVITE, SITE],
    ['moderator', 'none', 'post', {}, OUT],
    ['administrator', 'none', 'post', {}, OUT],
    ['moderator', 'member', 'post', {}, YES],
    ['moderator', 'member', 'post', MODERATED, SITE],
    ['moderator', 'none', 'kick', {}, SITE],
    ['moderator', 'none', 'kick', { targetRole: 'operator' }, SITE],
    ['moderator', 'none', 'kick', { targetRole: 'owner' }, LOW],
    ['administrator', 'none', 'kick', { targetRole: 'owner' }, SITE],
    ['siteop', 'none', 'ban', { targetRole: 'owner' }, SITE],
    ['moderator', 'operator', 'kick', {}, YES],
    ['moderator', 'none', 'set-topic', LOCKED, SITE],
    ['moderator', 'none', 'delete-message', {}, SITE],
    ['administrator', 'none', 'op', { targetRole: 'owner' }, SITE],
  ])('%s as %s: %s with %j: %s', (who, role, action, special, answer) => {
    const asked = { member: MEMBERS[who], room: roomAs(role, special) }
    expect(inShort(answerTo(`room.${action}`, asked))).toBe(answer)
  })
})
