import { describe, expect, it } from 'vitest'

import { Fold } from '#actors/kernel/fold.ts'
import { siteActor } from '#actors/site/site.actor.ts'
import type { SiteCommand, SiteContext } from '#actors/site/site.commands.ts'
import type { NewFact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { DEFAULT_SECTION_RULES } from '#events/section-rules.ts'

function createSite() {
  const fold = new Fold(siteActor.machine)
  let version = -1
  const state = () =>
    fold.state(version) as { value: string; context: SiteContext; version: number }
  return {
    rules: () => state().context.sections,
    tell(command: SiteCommand) {
      try {
        const env = { now: 0, by: 'root', flags: '1', connection: null, isGranted: true }
        const decided = siteActor.decide(state(), command, env)
        for (const fact of decided)
          fold.decide({ ...fact, id: '', meta: { by: 'root' } } as NewFact)
        version += decided.length
        return decided.map(({ type, data }) => ({ type, data }))
      } catch (cause) {
        if (cause instanceof Refusal) return cause.code
        throw cause
      }
    },
  }
}

const add = (section: string, rules = {}): SiteCommand => ({
  type: 'site.add-section',
  section,
  rules,
})
const set = (section: string, changes = {}): SiteCommand => ({
  type: 'site.change-section',
  section,
  changes,
})
const remove = (section: string): SiteCommand => ({ type: 'site.remove-section', section })

describe('the site', () => {
  it('begins with one section, once', () => {
    const site = createSite()
    expect(site.tell({ type: 'site.create', name: 'incoming' })).toHaveLength(1)
    expect(site.rules()).toEqual({ incoming: DEFAULT_SECTION_RULES })
    site.tell(remove('incoming'))
    expect(site.tell({ type: 'site.create', name: 'incoming' })).toEqual([])
    expect(site.rules()).toEqual({})
  })

  it('records of a change what is other than before', () => {
    const site = createSite()
    site.tell(add('MP3', { dupeDays: 30 }))
    expect(site.tell(set('MP3', { dupeDays: 30, bannedNames: ['*.exe'] }))).toEqual([
      {
        type: 'site.section-changed',
        data: { section: 'MP3', changes: { bannedNames: ['*.exe'] } },
      },
    ])
    expect(site.tell(set('MP3', { dupeDays: 30 }))).toEqual([])
    expect(site.rules()).toEqual({
      MP3: { ...DEFAULT_SECTION_RULES, dupeDays: 30, bannedNames: ['*.exe'] },
    })
  })

  it('refuses what is there, what is not, and what cannot be', () => {
    const site = createSite()
    site.tell(add('MP3'))
    expect(site.tell(add('MP3'))).toBe('section-exists')
    expect(site.tell(add('mp3'))).toHaveLength(1)
    expect(site.tell(set('TV', { dupeDays: 1 }))).toBe('no-such-section')
    expect(site.tell(remove('TV'))).toBe('no-such-section')
    expect(site.tell(set('MP3', { releaseNames: '(' }))).toBe('invalid-section-rule')
    expect(site.tell(add('PRE', { purpose: 'pre' }))).toBe('invalid-section-rule')
    for (let n = 2; n < 500; n++) site.tell(add(`s${n}`))
    expect(site.tell(add('more'))).toBe('too-many-sections')
  })

  it('keeps the sections that others publish in', () => {
    const site = createSite()
    site.tell(add('MP3'))
    expect(site.tell(add('PRE', { purpose: 'pre', group: 'iND', targets: ['TV'] }))).toBe(
      'invalid-section-rule',
    )
    site.tell(add('PRE', { purpose: 'pre', group: 'iND', targets: ['MP3'] }))
    expect(site.tell(remove('MP3'))).toBe('section-in-use')
    expect(site.tell(set('MP3', { purpose: 'requests' }))).toBe('section-in-use')
    site.tell(set('PRE', { targets: [] }))
    expect(site.tell(remove('MP3'))).toHaveLength(1)
  })

  it('records names that are dupes and names that are none', () => {
    const site = createSite()
    const names = ['A', 'B']
    expect(site.tell({ type: 'site.clear-dupes', names, of: 'release' })).toEqual([
      { type: 'site.dupe-cleared', data: { name: 'A', of: 'release' } },
      { type: 'site.dupe-cleared', data: { name: 'B', of: 'release' } },
    ])
    expect(site.tell({ type: 'site.declare-dupes', names: ['a.rar'], of: 'file' })).toEqual([
      { type: 'site.dupe-declared', data: { name: 'a.rar', of: 'file' } },
    ])
  })
})
