import { describe, expect, it } from 'vitest'

import { accountActor } from '#actors/account/account.actor.ts'
import { ACCOUNT_LIMITS, type AccountCommand, NO_LIMITS } from '#actors/account/account.commands.ts'
import { createStory } from '#actors/kernel/actor-story.fixture.ts'

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const create: AccountCommand = {
  type: 'account.create',
  name: 'Alice',
  group: 'GRP',
  flags: '311',
  credential: uuid(1),
}

function createAlice() {
  const alice = createStory(accountActor)
  alice.tell(create)
  return alice
}

describe('account', () => {
  it('has sensible defaults when its history is as old as the first facts', () => {
    const alice = createStory(accountActor)
    alice.given(
      { type: 'account.created', data: { name: 'Alice', group: 'GRP', flags: '1' } },
      { type: 'account.password-set', data: { credential: 'c' } },
    )
    expect(alice.state().value).toBe('active')
    expect(alice.context).toMatchObject({
      group: 'GRP',
      groups: { GRP: { isAdmin: false } },
      role: 'user',
      limits: NO_LIMITS,
      isActive: true,
      ban: null,
      createdAtMs: alice.env.now,
    })
  })

  it('is created once, with its flags sorted and its role where that is more than a user', () => {
    const alice = createStory(accountActor)
    expect(alice.tell({ ...create, role: 'administrator' })).toEqual([
      { type: 'account.created', data: { name: 'Alice', group: 'GRP', flags: '13' } },
      { type: 'account.password-set', data: { credential: uuid(1) } },
      { type: 'account.role-set', data: { role: 'administrator' } },
    ])
    expect(alice.tell(create)).toBe('account-exists')
    expect(createStory(accountActor).types({ ...create, role: 'user' })).toEqual([
      'created',
      'password-set',
    ])
  })

  const UNCHANGED: AccountCommand[] = [
    { type: 'account.set-flags', flags: '3113' },
    { type: 'account.set-password', credential: uuid(1) },
    { type: 'account.set-role', role: 'user' },
    { type: 'account.join-group', group: 'grp', isAdmin: false },
    { type: 'account.set-primary-group', group: 'grp' },
    { type: 'account.set-limits', limits: { loginsMax: null, loginHours: null } },
    { type: 'account.set-profile', profile: { tagline: '' } },
    { type: 'account.set-profile', profile: {} },
    { type: 'account.set-personal', field: 'email', sealed: null },
    { type: 'account.set-expiry', at: null },
    { type: 'account.activate' },
    { type: 'account.tighten-rate-limits', signal: 'flood', until: 0 },
  ]
  it.each(UNCHANGED)('records nothing for what is so already: %j', (command) => {
    expect(createAlice().tell(command)).toEqual([])
  })

  it('records of the limits and the profile what has changed', () => {
    const alice = createAlice()
    const loginHours = { fromHour: 22, toHour: 4 }
    const limits = { loginsMax: 3, uploadsMax: null, loginHours }
    expect(alice.tell({ type: 'account.set-limits', limits })).toEqual([
      { type: 'account.limits-set', data: { loginsMax: 3, loginHours } },
    ])
    const more = { loginsMax: 3, downloadsMax: 1, loginHours: { ...loginHours } }
    expect(alice.tell({ type: 'account.set-limits', limits: more })).toEqual([
      { type: 'account.limits-set', data: { downloadsMax: 1 } },
    ])
    const profile = { tagline: 'hi', comment: '' }
    expect(alice.tell({ type: 'account.set-profile', profile })).toEqual([
      { type: 'account.profile-set', data: { tagline: 'hi' } },
    ])
    const expected = { ...NO_LIMITS, loginsMax: 3, downloadsMax: 1, loginHours }
    expect(alice.context.limits).toEqual(expected)
    expect(alice.context.profile).toEqual({ tagline: 'hi', comment: '', startDirectory: '' })
  })

  it('has masks by their tags, up to its limit', () => {
    const alice = createAlice()
    const add = (mask: string) =>
      alice.types({ type: 'account.add-mask', mask, sealed: `sealed ${mask}` })
    for (let n = 0; n < ACCOUNT_LIMITS.masks; n++) expect(add(`m${n}`)).toEqual(['mask-added'])
    expect(add('m3')).toEqual([])
    expect(add('constructor')).toBe('too-many')
    expect(alice.types({ type: 'account.remove-mask', mask: 'constructor' })).toBe('no-such-mask')
    expect(alice.types({ type: 'account.remove-mask', mask: 'm3' })).toEqual(['mask-removed'])
    expect(add('constructor')).toEqual(['mask-added'])
    expect(() => add('__proto__')).toThrow('not a name')
  })

  it('is banned until, unbanned, switched off and on', () => {
    const alice = createAlice()
    const ban: AccountCommand = { type: 'account.ban', until: 5, reason: 'flood' }
    expect(alice.types({ type: 'account.unban' })).toBe('not-banned')
    expect(alice.types(ban)).toEqual(['banned'])
    expect(alice.types(ban)).toEqual([])
    expect(alice.types({ ...ban, until: null })).toEqual(['banned'])
    expect(alice.context.ban).toEqual({ untilMs: null, reason: 'flood' })
    expect(alice.types({ type: 'account.unban' })).toEqual(['unbanned'])
    expect(alice.types({ type: 'account.deactivate', reason: 'x' })).toEqual(['deactivated'])
    expect(alice.types({ type: 'account.deactivate', reason: 'x' })).toEqual([])
    expect(alice.context.isActive).toBe(false)
    expect(alice.types({ type: 'account.activate' })).toEqual(['activated'])
  })

  it('keeps its rate limits tight for the longest of the signals', () => {
    const alice = createAlice()
    const tighten = (until: number) =>
      alice.types({ type: 'account.tighten-rate-limits', signal: 'flood', until })
    expect(tighten(20)).toEqual(['rate-limits-tightened'])
    expect(tighten(10)).toEqual([])
    expect(alice.context.tightenedUntilMs).toBe(20)
  })
})

describe('groups of an account', () => {
  const join = (group: string, isAdmin = false): AccountCommand => ({
    type: 'account.join-group',
    group,
    isAdmin,
  })

  it('are kept in the order of joining, and the first of those left becomes the primary', () => {
    const alice = createAlice()
    for (const group of ['Second', '123']) alice.tell(join(group))
    expect(alice.tell({ type: 'account.leave-group', group: 'grp' })).toEqual([
      { type: 'account.group-left', data: { group: 'GRP' } },
      { type: 'account.primary-group-set', data: { group: 'Second' } },
    ])
    expect(alice.context).toMatchObject({ group: 'Second', groupOrder: ['Second', '123'] })
    expect(alice.types({ type: 'account.leave-group', group: '123' })).toEqual(['group-left'])
    expect(alice.types({ type: 'account.leave-group', group: 'second' })).toBe('last-group')
    expect(alice.types({ type: 'account.leave-group', group: 'constructor' })).toBe('not-in-group')
  })

  it('know their admins', () => {
    const alice = createAlice()
    expect(alice.types(join('grp', true))).toEqual(['group-admin-set'])
    const set: AccountCommand = { type: 'account.set-group-admin', group: 'GRP', isAdmin: true }
    expect(alice.types(set)).toEqual([])
    expect(alice.types({ ...set, isAdmin: false })).toEqual(['group-admin-set'])
    expect(alice.types({ ...set, group: 'other' })).toBe('not-in-group')
    expect(alice.context.groups).toEqual({ GRP: { isAdmin: false } })
  })

  it('are so many at most', () => {
    const alice = createAlice()
    for (let n = 1; n < ACCOUNT_LIMITS.groups; n++) alice.tell(join(`g${n}`))
    expect(alice.refusal(join('more'))).toMatchObject({
      code: 'too-many',
      fields: { what: 'groups', limit: ACCOUNT_LIMITS.groups },
    })
  })
})
