import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { accountActor } from '#actors/account/account.actor.ts'
import { ACCOUNT_LIMITS, type AccountCommand } from '#actors/account/account.commands.ts'
import { createStory } from '#actors/kernel/actor-story.fixture.ts'

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

function createBob() {
  const bob = createStory(accountActor)
  const about = { name: 'bob', group: 'GRP', flags: '', credential: uuid(1) }
  bob.tell({ type: 'account.create', ...about })
  return bob
}

const remove: AccountCommand = { type: 'account.delete', reason: 'left' }
const readd: AccountCommand = { type: 'account.readd' }
const purge: AccountCommand = { type: 'account.purge' }
const forget: AccountCommand = { type: 'account.forget' }
const password: AccountCommand = { type: 'account.set-password', credential: uuid(2) }

describe('standing of an account', () => {
  const WAYS: [string, AccountCommand[], string, (string[] | string)[]][] = [
    ['deleted and back', [remove, readd], 'active', [['deleted'], ['readded']]],
    ['deleted twice', [remove, remove], 'deleted', [['deleted'], []]],
    ['purged', [remove, purge], 'purged', [['deleted'], ['purged']]],
    ['purged while active', [purge], 'active', ['account-not-deleted']],
    ['read again while active', [readd], 'active', ['account-not-deleted']],
    ['changed while deleted', [remove, password], 'deleted', [['deleted'], 'account-deleted']],
    ['forgotten', [forget, forget], 'purged', [['deleted', 'purged', 'forgotten'], []]],
    ['forgotten when deleted', [remove, forget], 'purged', [['deleted'], ['purged', 'forgotten']]],
    [
      'nothing but forgotten once it is purged',
      [remove, purge, readd, remove, purge, password, forget],
      'purged',
      [
        ['deleted'],
        ['purged'],
        'account-purged',
        'account-purged',
        'account-purged',
        'account-purged',
        ['forgotten'],
      ],
    ],
  ]
  it.each(WAYS)('%s', (_, commands, value, outcomes) => {
    const bob = createBob()
    expect(commands.map((command) => bob.types(command))).toEqual(outcomes)
    expect(bob.state().value).toBe(value)
  })

  it('is absent before it is created, and the name is taken for ever', () => {
    const bob = createStory(accountActor)
    for (const command of [remove, readd, purge, forget, password]) {
      expect(bob.tell(command)).toBe('no-such-account')
    }
    const gone = createBob()
    gone.tell(forget)
    const about = { name: 'BOB', group: 'GRP', flags: '', credential: uuid(3) }
    expect(gone.tell({ type: 'account.create', ...about })).toBe('account-exists')
  })

  it('keeps nothing of the person once it is forgotten', () => {
    const bob = createBob()
    bob.tell({ type: 'account.set-personal', field: 'email', sealed: 'v1.e' })
    bob.tell({ type: 'account.set-personal', field: 'real-name', sealed: 'v1.n' })
    bob.tell({ type: 'account.add-mask', mask: 'tag', sealed: 'v1.m' })
    expect(bob.context).toMatchObject({ email: 'v1.e', realName: 'v1.n', masks: { tag: 'v1.m' } })
    bob.tell(forget)
    expect(bob.context).toMatchObject({ email: null, realName: null, masks: {}, isForgotten: true })
  })

  it('lets tokens and sign-ins be taken from a deleted account', () => {
    const bob = createBob()
    bob.tell({ type: 'account.link-identity', provider: 'x', identity: 'i' })
    bob.tell(remove)
    expect(bob.types({ type: 'account.unlink-identity', identity: 'i' })).toEqual([
      'identity-unlinked',
    ])
    const revoke: AccountCommand = { type: 'account.revoke-token', token: uuid(9), reason: '' }
    expect(bob.types(revoke)).toBe('no-such-token')
  })
})

describe('proofs of an account', () => {
  it('are tokens, which count until they are revoked', () => {
    const bob = createBob()
    const add = (n: number, expiresAt: number | null = null) =>
      bob.types({
        type: 'account.create-token',
        token: uuid(n),
        label: 'script',
        scopes: ['read', 'read', 'chat'],
        expiresAt,
      })
    for (let n = 0; n < ACCOUNT_LIMITS.tokens; n++) expect(add(n, 1)).toEqual(['token-created'])
    expect(bob.context.tokens[uuid(0)]).toEqual({
      label: 'script',
      scopes: ['read', 'chat'],
      createdAtMs: bob.env.now,
      expiresAtMs: 1,
    })
    expect(add(0)).toEqual([])
    expect(add(99)).toBe('too-many')
    const revoke: AccountCommand = { type: 'account.revoke-token', token: uuid(0), reason: 'old' }
    expect(bob.types(revoke)).toEqual(['token-revoked'])
    expect(add(99)).toEqual(['token-created'])
  })

  it('are a second factor, of which each step and code is good once', () => {
    const bob = createBob()
    const step = (at: number) => bob.types({ type: 'account.use-mfa-step', step: at })
    const code = (index: number, codes = uuid(6)) =>
      bob.types({ type: 'account.use-recovery-code', codes, index })
    const confirm = (secret: string) =>
      bob.types({ type: 'account.confirm-mfa', secret, step: 10, codes: uuid(6), count: 2 })
    expect(step(1)).toBe('mfa-off')
    expect(confirm(uuid(5))).toBe('mfa-not-begun')
    bob.tell({ type: 'account.begin-mfa', secret: uuid(4) })
    expect(bob.types({ type: 'account.begin-mfa', secret: uuid(5) })).toEqual(['mfa-begun'])
    expect(confirm(uuid(4))).toBe('mfa-not-begun')
    expect(confirm(uuid(5))).toEqual(['mfa-confirmed', 'recovery-codes-set'])
    expect(confirm(uuid(5))).toBe('mfa-on')
    expect([step(10), step(11), step(11), step(9)]).toEqual([
      'code-used',
      ['mfa-step-used'],
      'code-used',
      'code-used',
    ])
    expect([code(0), code(0), code(2), code(1, uuid(7))]).toEqual([
      ['recovery-code-used'],
      'code-used',
      'code-used',
      'code-used',
    ])
    const renew: AccountCommand = { type: 'account.set-recovery-codes', codes: uuid(7), count: 1 }
    expect(bob.types(renew)).toEqual(['recovery-codes-set'])
    expect([code(1), code(0, uuid(7))]).toEqual(['code-used', ['recovery-code-used']])
    expect(bob.types({ type: 'account.remove-mfa', reason: 'lost' })).toEqual(['mfa-removed'])
    expect(bob.types({ type: 'account.remove-mfa', reason: 'lost' })).toBe('mfa-off')
    expect(bob.context.mfa).toMatchObject({ secret: null, codes: null, usedCodes: [], lastStep: 0 })
    expect(bob.replayed().context.mfa.usedCodes).toEqual([])
  })

  it('are sign-ins elsewhere, whatever the provider calls them', () => {
    const bob = createBob()
    const link = (identity: string) =>
      bob.types({ type: 'account.link-identity', provider: 'x', identity })
    for (let n = 0; n < ACCOUNT_LIMITS.identities; n++) link(`i${n}`)
    expect([link('i1'), link('toString')]).toEqual([[], 'too-many'])
    const unlink = { type: 'account.unlink-identity', identity: 'toString' } as const
    expect(bob.types(unlink)).toBe('no-such-identity')
    expect(bob.types({ ...unlink, identity: 'i1' })).toEqual(['identity-unlinked'])
    expect(link('toString')).toEqual(['identity-linked'])
  })
})

it('folds the same from its facts, whatever is asked of it', () => {
  const group = fc.constantFrom('GRP', 'grp', '7', 'constructor')
  const id = fc.nat(2).map(uuid)
  const yesNo = fc.boolean()
  const command: fc.Arbitrary<AccountCommand> = fc.oneof(
    fc.constantFrom(remove, readd, password, { type: 'account.unban' } as const),
    fc
      .record({ group, isAdmin: yesNo })
      .map((of) => ({ type: 'account.join-group' as const, ...of })),
    group.map((of) => ({ type: 'account.leave-group' as const, group: of })),
    group.map((of) => ({ type: 'account.set-primary-group' as const, group: of })),
    id.map((mask) => ({ type: 'account.add-mask' as const, mask, sealed: 'v1' })),
    id.map((mask) => ({ type: 'account.remove-mask' as const, mask })),
    id.map((secret) => ({ type: 'account.begin-mfa' as const, secret })),
    fc
      .record({ secret: id, codes: id, step: fc.nat(9) })
      .map((of) => ({ type: 'account.confirm-mfa' as const, count: 2, ...of })),
    fc.nat(20).map((step) => ({ type: 'account.use-mfa-step' as const, step })),
    fc
      .record({ codes: id, index: fc.nat(2) })
      .map((of) => ({ type: 'account.use-recovery-code' as const, ...of })),
    fc.constantFrom({ type: 'account.remove-mfa', reason: '' } as const, forget),
  )
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const bob = createBob()
      for (const each of commands) {
        bob.tell(each)
        const { group: primary, groups, groupOrder } = bob.context
        expect(Object.hasOwn(groups, primary)).toBe(true)
        expect(groupOrder.toSorted()).toEqual(Object.keys(groups).toSorted())
      }
      const live = structuredClone(bob.state())
      expect(bob.replayed()).toEqual(live)
    }),
    { numRuns: 200 },
  )
})
