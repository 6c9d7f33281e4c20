import { describe, expect, it } from 'vitest'

import { codeOf, crc, createRace, home, types } from '#actors/race/race.fixture.ts'

describe('race', () => {
  it('is incomplete again when a listed file goes, and complete when it is back', () => {
    const race = createRace()
    race.sfv('alice', 1)
    race.upload('alice', 'r0', 0)
    const deletion = { type: 'race.delete-file', file: 'r0' } as const
    expect(codeOf(() => race.tell('bob', deletion))).toBe('not-yours')
    expect(types(race.tell('bob', deletion, { isGranted: true }))).toEqual([
      'file-deleted',
      'became-incomplete',
    ])
    expect(race.state).toMatchObject({ value: 'open', context: { doneCount: 0, sizeBytes: 100 } })
    expect(types(race.upload('bob', 'r0', 0))).toEqual([
      'file-accepted',
      'racer-joined',
      'leader-changed',
      'completed',
    ])
  })

  it('renames a file onto its place in the sfv, and not with other bytes', () => {
    const race = createRace()
    race.sfv('alice', 1)
    race.upload('alice', 'wrong-name', 0)
    race.upload('alice', 'other', 5)
    const rename = (from: string) =>
      race.tell('alice', { type: 'race.rename-file', from, to: 'r0' })
    expect(codeOf(() => rename('other'))).toBe('crc-mismatch')
    expect(types(rename('wrong-name'))).toEqual(['file-renamed', 'completed'])
    expect(codeOf(() => rename('other'))).toBe('file-exists')
  })

  it('keeps directories in order', () => {
    const race = createRace()
    race.tell('alice', { type: 'race.create', ...home })
    const make = (directory: string) =>
      race.tell('alice', { type: 'race.make-directory', directory })
    const remove = (directory: string) =>
      race.tell('alice', { type: 'race.remove-directory', directory })
    expect(codeOf(() => race.upload('alice', 'CD1/r0', 0))).toBe('no-such-directory')
    make('CD1')
    expect(codeOf(() => make('CD1'))).toBe('directory-exists')
    race.upload('alice', 'CD1/rel.sfv', 9, { sfvText: `r0 ${crc(0)}` })
    expect(race.state.context.expected).toEqual({ 'CD1/r0': crc(0) })
    expect(codeOf(() => remove('CD1'))).toBe('directory-not-empty')
    expect(codeOf(() => race.tell('alice', { type: 'race.remove' }))).toBe('directory-not-empty')
    race.tell('alice', { type: 'race.delete-file', file: 'CD1/rel.sfv' })
    remove('CD1')
    expect(codeOf(() => remove('CD1'))).toBe('no-such-directory')
    expect(codeOf(() => race.tell('bob', { type: 'race.remove' }))).toBe('not-yours')
    race.tell('alice', { type: 'race.remove' })
    expect(codeOf(() => race.begin('alice', 'r0'))).toBe('no-such-race')
  })

  it.each(['constructor', 'toString', 'hasOwnProperty'])(
    'treats %s as a name like others',
    (name) => {
      const race = createRace()
      race.upload('alice', name, 1)
      expect(race.state.context.files[name]).toMatchObject({ member: 'alice' })
      expect(codeOf(() => race.begin('alice', '__proto__'))).toBe('invalid-name')
    },
  )
})
