import { describe, expect, test } from 'vitest'

import { catalogue } from '#events/catalogue.ts'
import type { Fact } from '#events/fact.ts'
import { decidePolicy } from '#actors/policy/decide-policy.ts'
import { isVisible } from '#actors/policy/path-rights.ts'
import type { PolicyMember } from '#actors/policy/policy-request.ts'
import { FOLLOWED_KINDS, mayFollow, maySeeFact, type Viewer } from '#gateways/ws/visibility.ts'
import { MEMBERS, NOON, rulesOf } from '#test/conformance/policy.fixture.ts'

const RULES = rulesOf(`
privpath /incoming/Secret* 1
privpath /incoming/*/proof =STAFF
privpath /staff =STAFF
audit - =AUDITORS`)

function viewerOf(member: PolicyMember, rooms: readonly string[] = []): Viewer {
  return {
    view: {
      ask: (question) => decidePolicy({ ...question, member, atMs: NOON }, RULES),
      sees: (path) => isVisible(member, path, RULES.rights),
    },
    isInRoom: (room) => rooms.includes(room),
  }
}

const VIEWERS = {
  member: viewerOf(MEMBERS.bob, ['site']),
  auditor: viewerOf(MEMBERS.auditor),
  chatter: viewerOf({ ...MEMBERS.auditor, scopes: ['chat'] }, ['site']),
  reader: viewerOf({ ...MEMBERS.auditor, scopes: ['read'] }),
}

type Followed = Parameters<typeof mayFollow>[0]

const FOLLOWING: readonly (readonly [Followed, readonly (keyof typeof VIEWERS)[]])[] = [
  [{ stream: 'race-1' }, ['member', 'auditor', 'reader']],
  [{ stream: 'section-incoming' }, ['member', 'auditor', 'reader']],
  [{ stream: 'board-one-liners' }, ['member', 'auditor', 'reader']],
  [{ stream: 'mailbox-bob' }, ['auditor']],
  [{ stream: 'room-site' }, ['member', 'auditor', 'chatter']],
  [{ stream: 'room-staff' }, ['auditor']],
  [{ stream: 'account-bob' }, ['auditor']],
  [{ stream: 'connection-1' }, ['auditor']],
  [{ stream: 'policy-site' }, ['auditor']],
  [{ stream: 'credential-1' }, []],
  [{ stream: 'toString-1' }, []],
  [{ stream: 'race' }, ['member', 'auditor', 'reader']],
  [{ kinds: ['race', 'section'] }, ['member', 'auditor', 'reader']],
  [{ kinds: ['race', 'room'] }, ['auditor']],
  [{ kinds: ['connection'] }, ['auditor']],
  [{ kinds: ['nothing'] }, []],
]

test.each(FOLLOWING)('%j is followed by %j', (followed, expected) => {
  const names = Object.keys(VIEWERS) as (keyof typeof VIEWERS)[]
  expect(names.filter((name) => mayFollow(followed, VIEWERS[name]))).toEqual(expected)
})

test('every kind of fact has its rule', () => {
  const kinds = new Set(Object.keys(catalogue).map((type) => type.split('.')[0]))
  expect(new Set(FOLLOWED_KINDS)).toEqual(kinds)
})

describe('a fact about a path that is hidden from a member', () => {
  const PATHS: Readonly<Record<string, string>> = {
    open: '/incoming/Open-GRP',
    hidden: '/incoming/Secret-GRP',
  }
  const seenBy = (viewer: Viewer, stream: string, data: object) =>
    maySeeFact({ stream, data } as Fact, viewer, (race) => PATHS[race])

  const CASES: readonly (readonly [string, object, boolean | undefined])[] = [
    ['race-open', { file: 'a.bin' }, true],
    ['race-open', { file: 'proof/a.jpg' }, false],
    ['race-open', { directory: 'proof' }, false],
    ['race-open', { from: 'a', to: 'proof/a' }, false],
    ['race-open', { listed: 'Proof/A.jpg' }, false],
    ['race-open', { path: 'proof' }, false],
    ['race-open', { path: '' }, true],
    ['race-open', { member: 'bob' }, true],
    ['race-open', { section: 'incoming', release: 'Secret-Later' }, false],
    ['race-open', { section: 'staff', release: 'Open' }, false],
    ['race-hidden', { file: 'a.bin' }, false],
    ['race-hidden', {}, false],
    ['race-unknown', {}, undefined],
    ['section-incoming', { release: 'Open-GRP' }, true],
    ['section-incoming', { release: 'SECRET-GRP' }, false],
    ['section-incoming', { from: 'Secret-A', to: 'Open' }, false],
    ['section-incoming', { from: 'Open', to: 'Secret-A' }, false],
    ['section-staff', { release: 'Open' }, false],
    ['section-staff', { name: 'staff' }, false],
  ]
  test.each(CASES)('%s %j: %s, and who audits sees it', (stream, data, expected) => {
    expect(seenBy(VIEWERS.member, stream, data)).toBe(expected)
    expect(seenBy(VIEWERS.auditor, stream, data)).toBe(true)
  })
})
