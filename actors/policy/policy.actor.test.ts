import { describe, expect, it } from 'vitest'

import { Fold } from '#actors/kernel/fold.ts'
import { DEFAULT_RIGHTS } from '#actors/policy/default-rights.ts'
import { policyActor } from '#actors/policy/policy.actor.ts'
import type { PolicyCommand, PolicyContext } from '#actors/policy/policy.commands.ts'
import type { NewFact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

function createPolicySite() {
  const fold = new Fold(policyActor.machine)
  let version = -1
  const state = () =>
    fold.state(version) as { value: string; context: PolicyContext; version: number }
  return {
    state,
    tell(command: PolicyCommand) {
      const env = { now: 0, by: null, flags: '', connection: null }
      try {
        const decided = policyActor.decide(state(), policyActor.commands.parse(command), env)
        version += decided.length
        for (const fact of decided) fold.decide({ ...fact, id: '', meta: {} } as NewFact)
        return decided
      } catch (cause) {
        if (cause instanceof Refusal) return cause.code
        throw cause
      }
    },
  }
}

const ADMINISTRABLE = 'administer-rights 1'

describe('the policy of a site', () => {
  it('begins with the default rights, recorded whole, once', () => {
    const policy = createPolicySite()
    const created = policy.tell({ type: 'policy.create' })
    expect(created).toEqual([{ type: 'policy.rights-set', data: { rights: DEFAULT_RIGHTS } }])
    expect(policy.tell({ type: 'policy.create' })).toEqual([])
    expect(policy.state()).toMatchObject({ value: 'set', context: { rights: DEFAULT_RIGHTS } })
  })

  it('takes other rights in their order, and says nothing when they are the same', () => {
    const policy = createPolicySite()
    policy.tell({ type: 'policy.create' })
    const rights = ['# ours', 'upload /a/* =STAFF', 'upload /* *', ADMINISTRABLE]
    const recorded = [
      { right: 'upload', pattern: '/a/*', who: ['=STAFF'] },
      { right: 'upload', pattern: '/*', who: ['*'] },
      { right: 'administer-rights', pattern: '-', who: ['1'] },
    ]
    const set = policy.tell({ type: 'policy.set-rights', rights })
    expect(set).toEqual([{ type: 'policy.rights-set', data: { rights: recorded } }])
    expect(policy.state().context).toEqual({ rights: recorded })
    expect(policy.tell({ type: 'policy.set-rights', rights: rights.slice(1) })).toEqual([])
    const turned = rights.toReversed()
    expect(policy.tell({ type: 'policy.set-rights', rights: turned })).toHaveLength(1)
    expect(policy.tell({ type: 'policy.create' })).toEqual([])
  })

  it('takes lines out and puts others first, whatever else has changed meanwhile', () => {
    const policy = createPolicySite()
    policy.tell({ type: 'policy.create' })
    const lines = () => policy.state().context.rights.map((line) => Object.values(line).flat())
    policy.tell({ type: 'policy.set-rights', rights: ['list /* *', ADMINISTRABLE] })
    const change = (first: string[], without: string[]) =>
      policy.tell({ type: 'policy.change-rights', first, without })
    change(['list /a 1 =ONE'], [])
    change(['list   /b 1 =TWO', 'list /b/* 1 =TWO'], [])
    expect(change(['list /b 1 =TWO', 'list /b/* 1 =TWO'], [])).toEqual([])
    change([], ['list /a 1   =ONE', 'list /none *'])
    expect(lines()).toEqual([
      ['list', '/b', '1', '=TWO'],
      ['list', '/b/*', '1', '=TWO'],
      ['list', '/*', '*'],
      ['administer-rights', '-', '1'],
    ])
    expect(change([], [ADMINISTRABLE])).toBe('rights-lock-out')
    expect(change(['list nowhere *'], [])).toBe('malformed-rights-pattern')
  })

  it('refuses rights that were read before others came, when it is said which they were', () => {
    const policy = createPolicySite()
    policy.tell({ type: 'policy.create' })
    const { version } = policy.state()
    const set = (right: string, read?: number) =>
      policy.tell({
        type: 'policy.set-rights',
        rights: [right, ADMINISTRABLE],
        ...(read !== undefined && { version: read }),
      })
    expect(set('list /* *', version)).toHaveLength(1)
    expect(set('upload /* *', version)).toBe('rights-changed')
    expect(set('upload /* *', version + 1)).toHaveLength(1)
    expect(set('list /* *')).toHaveLength(1)
  })

  it('stays as it is when a line is malformed', () => {
    const policy = createPolicySite()
    policy.tell({ type: 'policy.create' })
    const rights = [ADMINISTRABLE, 'upload nowhere *']
    expect(policy.tell({ type: 'policy.set-rights', rights })).toBe('malformed-rights-pattern')
    expect(policy.state().context.rights).toEqual(DEFAULT_RIGHTS)
  })

  it.each([
    [[]],
    [['upload /* *']],
    [['administer-rights @administrator']],
    [['administer-rights =STAFF 7']],
    [['administer-rights !1 *']],
    [['administer-rights !*', ADMINISTRABLE]],
  ])('never shuts all siteops out of the rights: %j', (rights) => {
    const policy = createPolicySite()
    expect(policy.tell({ type: 'policy.set-rights', rights })).toBe('rights-lock-out')
  })

  it('refuses more than it can hold before reading it', () => {
    const commands = policyActor.commands
    const tooMany = Array.from({ length: 1_001 }, () => '')
    expect(commands.safeParse({ type: 'policy.set-rights', rights: tooMany }).success).toBe(false)
    const tooLong = ['a'.repeat(4_097)]
    expect(commands.safeParse({ type: 'policy.set-rights', rights: tooLong }).success).toBe(false)
  })
})
