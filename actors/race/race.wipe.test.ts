import { expect, it } from 'vitest'

import type { RaceCommand } from '#actors/race/race.commands.ts'
import { codeOf, createRace, types } from '#actors/race/race.fixture.ts'

const wipePath = (path: string): RaceCommand => ({ type: 'race.wipe-path', path })
const wipe: RaceCommand = { type: 'race.wipe' }

function complete() {
  const race = createRace()
  race.sfv('alice', 2)
  race.upload('alice', 'r0', 0)
  race.upload('bob', 'r1', 1)
  return race
}

it('a wiped file makes a complete release incomplete, whoever has brought it', () => {
  const race = complete()
  expect(race.state.value).toBe('complete')
  expect(types(race.tell('sue', wipePath('r1')))).toEqual(['file-wiped', 'became-incomplete'])
  expect(race.state).toMatchObject({ value: 'open', context: { doneCount: 1, sizeBytes: 200 } })
  expect(types(race.upload('bob', 'r1', 1))).toContain('completed')
})

it('a wiped sfv takes what it lists with it', () => {
  const race = complete()
  race.tell('sue', wipePath('rel.sfv'))
  expect(race.state.context).toMatchObject({ expectedCount: 0, doneCount: 0, sfvs: {} })
})

it('a wiped directory goes with all below it, inner ones first', () => {
  const race = complete()
  for (const directory of ['Sub', 'Sub/In', 'Subs']) {
    race.tell('alice', { type: 'race.make-directory', directory })
  }
  race.upload('alice', 'Sub/a', 5)
  race.upload('alice', 'Sub/In/b', 6)
  const facts = race.tell('sue', wipePath('Sub'))
  expect(facts.map(({ type, data }) => [type.slice(5), data])).toMatchObject([
    ['file-wiped', { file: 'Sub/a', member: 'alice', counted: true }],
    ['file-wiped', { file: 'Sub/In/b' }],
    ['directory-removed', { directory: 'Sub/In' }],
    ['directory-removed', { directory: 'Sub' }],
  ])
  expect(Object.keys(race.state.context.directories)).toEqual(['Subs'])
  expect(race.state.value).toBe('complete')
})

it('nothing is wiped while it is on its way, and nothing that is not there', () => {
  const race = complete()
  race.begin('bob', 'r9')
  expect(codeOf(() => race.tell('sue', wipe))).toBe('file-busy')
  expect(codeOf(() => race.tell('sue', wipePath('r9')))).toBe('file-busy')
  expect(codeOf(() => race.tell('sue', wipePath('r8')))).toBe('no-such-file')
  expect(codeOf(() => race.tell('sue', wipePath('r0')))).toBe('done')
})

it('a wiped release is gone', () => {
  const race = complete()
  expect(race.tell('sue', wipe)).toEqual([
    { type: 'race.wiped', data: { files: 3, sizeBytes: 300 } },
  ])
  expect(race.state.value).toBe('removed')
  expect(codeOf(() => race.tell('sue', wipe))).toBe('no-such-race')
})

it('at once it is some thousands at most', () => {
  const race = createRace()
  race.tell('alice', { type: 'race.create', section: 'incoming', release: 'R' })
  race.tell('alice', { type: 'race.make-directory', directory: 'd' })
  for (let n = 0; n < 4_000; n++) {
    race.tell('alice', { type: 'race.make-directory', directory: `d/${n}` })
  }
  expect(codeOf(() => race.tell('sue', wipePath('d')))).toBe('too-many-files')
  race.tell('alice', { type: 'race.remove-directory', directory: 'd/7' })
  expect(types(race.tell('sue', wipePath('d')))).toHaveLength(4_000)
})
