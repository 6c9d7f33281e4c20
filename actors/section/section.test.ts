import { describe, expect, it } from 'vitest'

import { Fold } from '#actors/kernel/fold.ts'
import { sectionActor } from '#actors/section/section.actor.ts'
import type { SectionCommand, SectionContext } from '#actors/section/section.commands.ts'
import type { NewFact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'

const race = '00000000-0000-4000-8000-000000000001'

function createSection() {
  const fold = new Fold(sectionActor.machine)
  const state = () => fold.state(0) as { value: string; context: SectionContext; version: number }
  return {
    state,
    tell(by: string | null, command: SectionCommand, isGranted = false) {
      try {
        const decided = sectionActor.decide(state(), command, {
          now: 0,
          by,
          flags: '',
          connection: null,
          isGranted,
        })
        for (const fact of decided) fold.decide({ ...fact, id: '', meta: { by } } as NewFact)
        return decided.map(({ type }) => type)
      } catch (cause) {
        if (cause instanceof Refusal) return cause.code
        throw cause
      }
    },
  }
}

describe('section', () => {
  it('is made once, and must be there', () => {
    const section = createSection()
    const make = { type: 'section.create-release', release: 'a', race } as const
    expect(section.tell('alice', make)).toBe('no-such-section')
    expect(section.tell(null, { type: 'section.create', name: 'x' })).toEqual(['section.created'])
    expect(section.tell(null, { type: 'section.create', name: 'x' })).toEqual([])
  })

  it('is closed when it is empty, and can be made again', () => {
    const section = createSection()
    const close = { type: 'section.close' } as const
    expect(section.tell(null, close)).toEqual([])
    section.tell(null, { type: 'section.create', name: 'x' })
    const make = { type: 'section.create-release', release: 'a', race } as const
    section.tell('alice', make)
    expect(section.tell('root', close)).toBe('section-not-empty')
    section.tell('alice', { type: 'section.remove-release', release: 'a' })
    expect(section.tell('root', close)).toEqual(['section.closed'])
    expect(section.tell('alice', make)).toBe('no-such-section')
    section.tell(null, { type: 'section.create', name: 'x' })
    expect(section.tell('alice', make)).toEqual(['section.release-created'])
  })

  it('gives each name to one release', () => {
    const section = createSection()
    section.tell(null, { type: 'section.create', name: 'x' })
    const make = (release: string) =>
      section.tell('alice', { type: 'section.create-release', release, race })
    expect(make('a')).toEqual(['section.release-created'])
    expect(make('a')).toBe('release-exists')
    expect(make('constructor')).toEqual(['section.release-created'])
    expect(make('__proto__')).toBe('invalid-name')
  })

  it('lets its maker, and whom the policy grants it, rename a release with its race', () => {
    const section = createSection()
    section.tell(null, { type: 'section.create', name: 'x' })
    section.tell('alice', { type: 'section.create-release', release: 'a', race })
    section.tell('bob', { type: 'section.create-release', release: 'taken', race })
    const rename = (by: string, from: string, to: string, isGranted = false) =>
      section.tell(by, { type: 'section.rename-release', from, to }, isGranted)
    expect(rename('bob', 'a', 'b')).toBe('not-yours')
    expect(rename('alice', 'a', 'taken')).toBe('release-exists')
    expect(rename('alice', 'none', 'b')).toBe('no-such-release')
    expect(rename('alice', 'a', 'b')).toEqual(['section.release-renamed'])
    expect(rename('bob', 'b', 'c')).toBe('not-yours')
    expect(rename('bob', 'b', 'c', true)).toEqual(['section.release-renamed'])
    expect(section.state().context).toEqual({
      name: 'x',
      releases: { c: race, taken: race },
      makers: { c: 'alice', taken: 'bob' },
    })
  })

  it('forgets a release that is removed', () => {
    const section = createSection()
    section.tell(null, { type: 'section.create', name: 'x' })
    section.tell('alice', { type: 'section.create-release', release: 'a', race })
    const remove = { type: 'section.remove-release', release: 'a' } as const
    expect(section.tell('alice', remove)).toEqual(['section.release-removed'])
    expect(section.tell('alice', remove)).toBe('no-such-release')
    expect(section.state().context).toMatchObject({ releases: {}, makers: {} })
  })
})
