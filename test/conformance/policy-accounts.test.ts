import { describe, expect, it } from 'vitest'

import type { PolicyMember } from '#actors/policy/policy-request.ts'
import {
  answerTo,
  inShort,
  memberOf,
  MEMBERS,
  type Name,
  NOON,
  rulesOf,
} from '#test/conformance/policy.fixture.ts'

type Over = Partial<PolicyMember>

const RIGHTS = 'list /* *\ndownload /* *\nupload /* *\nsee-users *'
const path = '/incoming/a'
const hours = (fromHour: number, toHour: number): Over => ({ loginHours: { fromHour, toHour } })
const ban = (untilMs: number | null): Over => ({ ban: { untilMs, reason: 'spam' } })

const IN = 'yes own-account'
const YES = 'yes granted-by-rule'

describe('the state of an account', () => {
  it.each<readonly [string, Over, login: string, list: string]>([
    ['nothing special', {}, IN, YES],
    ['not there', { standing: 'absent' }, 'no no-such-account', 'no no-such-account'],
    ['banned for good', ban(null), 'no banned', 'no banned'],
    ['banned for a while', ban(NOON + 1), 'no banned', 'no banned'],
    ['banned until now', ban(NOON), IN, YES],
    ['deleted', { standing: 'deleted' }, 'no deleted', 'no deleted'],
    ['deleted by flag 6', { flags: '36' }, 'no deleted', 'no deleted'],
    ['purged', { standing: 'purged' }, 'no purged', 'no purged'],
    ['switched off', { isActive: false }, 'no inactive', 'no inactive'],
    ['ended', { expiresAtMs: NOON }, 'no expired', 'no expired'],
    ['ending', { expiresAtMs: NOON + 1 }, IN, YES],
    ['banned and deleted', { ...ban(null), standing: 'deleted' }, 'no banned', 'no banned'],
    ['a banned siteop', { ...ban(null), flags: '1' }, 'no banned', 'no banned'],
    ['off and ended', { isActive: false, expiresAtMs: 0 }, 'no inactive', 'no inactive'],
    // Hours are asked at the door alone.
    ['within hours', hours(8, 20), IN, YES],
    ['from this hour on', hours(12, 13), IN, YES],
    ['up to this hour', hours(8, 12), 'no outside-login-hours', YES],
    ['past midnight', hours(22, 6), 'no outside-login-hours', YES],
    ['past midnight, within', hours(11, 6), IN, YES],
    ['past midnight, up to this hour', hours(22, 13), IN, YES],
    ['the same hour twice', hours(5, 5), IN, YES],
    ['a guest', { flags: '8' }, 'no anonymous', 'no anonymous'],
  ])('%s: login %s', (_, over, login, list) => {
    const member = memberOf('bob', over)
    const rules = rulesOf(RIGHTS)
    expect(inShort(answerTo('login', { member }, rules))).toBe(login)
    expect(inShort(answerTo('list', { member, path }, rules))).toBe(list)
  })

  it.each<readonly [string, string]>([
    ['login', IN],
    ['list', YES],
    ['download', YES],
    ['upload', 'no anonymous'],
    ['see-users', 'no anonymous'],
    ['room.create', 'no anonymous'],
    ['enrol-mfa', 'no anonymous'],
  ])('of a guest, where guests are let in: %s: %s', (action, answer) => {
    const rules = rulesOf(RIGHTS, { allowsAnonymous: true })
    expect(inShort(answerTo(action, { member: MEMBERS.guest, path }, rules))).toBe(answer)
  })

  it('and where it is called from', () => {
    expect(inShort(answerTo('login', { matchesMask: true }))).toBe(IN)
    expect(inShort(answerTo('login', { matchesMask: false }))).toBe('no mask-mismatch')
    expect(inShort(answerTo('list', { matchesMask: false, path }))).toBe(YES)
  })

  it('is told in words', () => {
    const words = (over: Over) => answerTo('login', { member: memberOf('bob', over) }).words
    expect(words(ban(NOON + 1))).toBe('bob is banned until 2024-11-19T12:00:00.001Z.')
    expect(words(hours(22, 6))).toBe("bob may log in from 22 to 6 o'clock UTC.")
  })
})

describe('the scopes of a token', () => {
  it.each<readonly [scopes: string, Name, string, string]>([
    ['read', 'bob', 'list', YES],
    ['read', 'bob', 'dirlog', YES],
    ['read', 'clerk', 'see-users', YES],
    ['read', 'bob', 'download', 'no outside-token-scope'],
    ['read', 'bob', 'upload', 'no outside-token-scope'],
    ['read', 'bob', 'room.create', 'no outside-token-scope'],
    ['chat', 'bob', 'room.create', 'yes room-role'],
    ['chat', 'bob', 'list', 'no outside-token-scope'],
    ['download', 'bob', 'download', YES],
    ['download', 'bob', 'delete', 'no outside-token-scope'],
    ['upload', 'bob', 'upload', YES],
    ['upload', 'bob', 'makedir', YES],
    ['upload', 'bob', 'deleteown', YES],
    ['upload', 'siteop', 'nuke', 'no outside-token-scope'],
    ['site', 'siteop', 'nuke', YES],
    ['site', 'siteop', 'kick', YES],
    ['site', 'siteop', 'administer-accounts', 'no outside-token-scope'],
    ['site', 'siteop', 'custom-reboot', 'no no-rule'],
    ['admin', 'siteop', 'administer-accounts', YES],
    ['admin', 'bob', 'administer-accounts', 'no not-granted-by-rule'],
    ['admin', 'siteop', 'custom-reboot', 'no outside-token-scope'],
    ['admin', 'gadmin', 'administer-groups', 'yes group-admin'],
    ['site', 'gadmin', 'administer-groups', 'no outside-token-scope'],
    ['audit', 'auditor', 'audit', YES],
    ['audit', 'bob', 'audit', 'no not-granted-by-rule'],
    ['admin', 'auditor', 'audit', 'no outside-token-scope'],
    ['read,chat,upload', 'bob', 'upload', YES],
    ['', 'bob', 'list', 'no outside-token-scope'],
    ['', 'bob', 'login', IN],
    ['Read', 'bob', 'list', 'no outside-token-scope'],
  ])('"%s": %s %s: %s', (scopes, who, action, answer) => {
    const member = { ...MEMBERS[who], scopes: scopes.split(',').filter((each) => each !== '') }
    expect(inShort(answerTo(action, { member, path, group: 'grp' }))).toBe(answer)
  })
})

describe('a second factor', () => {
  const rules = rulesOf(RIGHTS, { mfaRoles: ['moderator', 'administrator'] })
  it.each<readonly [Name, boolean, string, string]>([
    ['bob', false, 'login', IN],
    ['bob', false, 'list', YES],
    ['moderator', false, 'login', 'no mfa-required'],
    ['moderator', false, 'list', 'no mfa-required'],
    ['moderator', false, 'enrol-mfa', IN],
    ['moderator', true, 'login', IN],
    ['moderator', true, 'list', YES],
    ['administrator', false, 'room.create', 'no mfa-required'],
    ['siteop', false, 'list', YES],
  ])('%s, shown: %s: %s: %s', (who, hasMfa, action, answer) => {
    const member = { ...MEMBERS[who], hasMfa }
    expect(inShort(answerTo(action, { member, path }, rules))).toBe(answer)
  })
})

describe('what is done to others', () => {
  const target = (who: Name) => {
    const { groups, flags, role } = MEMBERS[who]
    return { groups, flags, role }
  }
  const OUTRANKED = 'no target-outranks'
  const UNNAMED = 'no not-granted-by-rule'
  it.each<readonly [Name, string, Name, string]>([
    ['siteop', 'administer-accounts', 'bob', YES],
    ['siteop', 'administer-accounts', 'siteop', YES],
    ['siteop', 'administer-accounts', 'administrator', YES],
    ['editor', 'administer-accounts', 'bob', YES],
    ['editor', 'administer-accounts', 'siteop', OUTRANKED],
    ['editor', 'administer-accounts', 'moderator', OUTRANKED],
    ['editor', 'administer-accounts', 'administrator', OUTRANKED],
    ['gadmin', 'administer-accounts', 'bob', 'yes group-admin'],
    ['gadmin', 'administer-accounts', 'alice', 'yes group-admin'],
    ['gadmin', 'administer-accounts', 'carol', UNNAMED],
    ['gadmin', 'administer-accounts', 'siteop', OUTRANKED],
    ['gadmin', 'see-users', 'bob', 'yes group-admin'],
    ['gadmin', 'see-users', 'carol', UNNAMED],
    ['gadmin', 'kick', 'bob', UNNAMED],
    ['gadmin', 'give', 'bob', UNNAMED],
    ['bob', 'administer-accounts', 'bob', UNNAMED],
    ['moderator', 'kick', 'bob', YES],
    ['moderator', 'kick', 'moderator', YES],
    ['moderator', 'kick', 'administrator', OUTRANKED],
    ['moderator', 'ban', 'siteop', OUTRANKED],
    ['bouncer', 'kill', 'moderator', OUTRANKED],
    ['banker', 'take', 'siteop', OUTRANKED],
    ['banker', 'give', 'siteop', YES],
  ])('%s: %s: %s: %s', (who, action, whom, answer) => {
    const asked = { member: MEMBERS[who], target: target(whom) }
    expect(inShort(answerTo(action, asked))).toBe(answer)
  })

  it.each<readonly [Name, string | undefined, string]>([
    ['gadmin', 'GRP', 'yes group-admin'],
    ['gadmin', 'grp', 'yes group-admin'],
    ['gadmin', 'STAFF', UNNAMED],
    ['gadmin', undefined, UNNAMED],
    ['bob', 'GRP', UNNAMED],
    ['siteop', 'GRP', YES],
  ])('%s, the group %s: %s', (who, group, answer) => {
    const asked = { member: MEMBERS[who], ...(group !== undefined && { group }) }
    expect(inShort(answerTo('administer-groups', asked))).toBe(answer)
  })

  it('names the group, and yields to a line that denies', () => {
    const asked = { member: MEMBERS.gadmin, target: target('bob') }
    expect(answerTo('administer-accounts', asked)).toEqual({
      isAllowed: true,
      reason: 'group-admin',
      words: 'gadmin may administer-accounts as an admin of the group GRP.',
      group: 'GRP',
    })
    const rules = rulesOf('administer-accounts 1 !-gadmin')
    expect(inShort(answerTo('administer-accounts', asked, rules))).toBe('no denied-by-rule')
  })

  it('includes no action that there is not', () => {
    for (const action of ['', 'god', 'custom-', 'constructor', 'room.fly', 'Upload']) {
      expect(inShort(answerTo(action, { member: MEMBERS.siteop, path }))).toBe('no unknown-action')
    }
  })
})
