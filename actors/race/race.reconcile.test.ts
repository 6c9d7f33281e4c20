import { describe, expect, test } from 'vitest'

import { Fold } from '#actors/kernel/fold.ts'
import { raceActor } from '#actors/race/race.actor.ts'
import { codeOf, crc, createRace, home, types, uuid } from '#actors/race/race.fixture.ts'

type Found = { file: string; n?: number; sfvText?: string }

const found = ({ file, n = 0, sfvText }: Found) => ({
  file,
  uploadId: uuid(900 + n),
  sizeBytes: 100,
  crc32: crc(n),
  modifiedAtMs: 5_000,
  ...(sfvText !== undefined && { sfvText }),
})

const look = (race: ReturnType<typeof createRace>, lost: string[], news: Found[] = []) =>
  race.tell('', { type: 'race.reconcile', lost, found: news.map(found) }, { by: null })

describe('a look at the disk', () => {
  test('what is gone is lost: a complete race becomes incomplete, and its racer has a file less', () => {
    const race = createRace()
    race.sfv('ana', 2)
    race.upload('ana', 'r0', 0)
    race.upload('ben', 'r1', 1)
    const decided = look(race, ['r1', 'never-here'])
    expect(types(decided)).toEqual(['file-lost', 'became-incomplete'])
    expect(decided[0]?.data).toMatchObject({ file: 'r1', member: 'ben', sizeBytes: 100 })
    expect(race.state.value).toBe('open')
    expect(race.state.context.racers['ben']).toMatchObject({ files: 0, sizeBytes: 0 })
  })

  test('what is found counts to nobody, and completes the race', () => {
    const race = createRace()
    race.sfv('ana', 2)
    race.upload('ana', 'r0', 0)
    const decided = look(race, [], [{ file: 'r1', n: 1 }])
    expect(types(decided)).toEqual(['file-found', 'completed'])
    expect(decided[0]?.data).toMatchObject({ verified: true })
    expect(race.state.context.files['r1']).toMatchObject({
      member: '',
      counted: false,
      isUncredited: true,
      modifiedAtMs: 5_000,
    })
    expect(Object.keys(race.state.context.racers)).toEqual(['ana'])
  })

  test('what the sfv lists with another checksum is bad', () => {
    const race = createRace()
    race.sfv('ana', 2)
    const decided = look(race, [], [{ file: 'r1', n: 7 }])
    expect(types(decided)).toEqual(['file-found', 'file-marked-bad'])
    expect(race.state.context).toMatchObject({ doneCount: 0, files: { r1: { isBad: true } } })
  })

  test('what has changed is lost and found: nobody is its uploader any more', () => {
    const race = createRace()
    race.upload('ana', 'a.bin', 1)
    const decided = look(race, ['a.bin'], [{ file: 'a.bin', n: 2 }])
    expect(types(decided)).toEqual(['file-lost', 'file-found'])
    expect(race.state.context.files['a.bin']).toMatchObject({ member: '', crc32: crc(2) })
    expect(race.state.context.fileCount).toBe(1)
  })

  test('an sfv that is found is read, whatever the order, and judges what is here', () => {
    const race = createRace()
    race.upload('ana', 'r0', 0)
    race.upload('ana', 'r1', 5)
    const sfvText = [0, 1, 2].map((n) => `r${n} ${crc(n)}`).join('\r\n')
    const decided = look(
      race,
      [],
      [
        { file: 'r2', n: 2 },
        { file: 'rel.sfv', n: 9, sfvText },
      ],
    )
    expect(types(decided)).toEqual([
      'file-found',
      'sfv-added',
      'file-verified',
      'file-marked-bad',
      'file-found',
      'halfway-reached',
    ])
    expect(race.state.context).toMatchObject({ expectedCount: 3, doneCount: 2 })
    // Gone again, it lists nothing.
    expect(types(look(race, ['rel.sfv']))).toContain('file-lost')
    expect(race.state.context).toMatchObject({ expectedCount: 0, doneCount: 0 })
  })

  test('an sfv that is none is a file as any other', () => {
    const race = createRace()
    race.upload('ana', 'a.bin', 1)
    const decided = look(race, [], [{ file: 'rel.sfv', n: 9, sfvText: 'what a mess' }])
    expect(types(decided)).toEqual(['file-found'])
    expect(race.state.context.sfvs).toEqual({})
  })

  test('a name that differs in case alone is the one that the sfv lists', () => {
    const race = createRace()
    race.sfv('ana', 2)
    const decided = look(race, [], [{ file: 'R1', n: 1 }])
    expect(types(decided)).toContain('entry-matched')
    expect(race.state.context).toMatchObject({ doneCount: 1, expectedCount: 2 })
  })

  test('folders come with their files, each once and the outer one first', () => {
    const race = createRace()
    race.upload('ana', 'a.bin', 1)
    const decided = look(
      race,
      [],
      [
        { file: 'x/y/1.bin', n: 2 },
        { file: 'x/2.bin', n: 3 },
      ],
    )
    expect(types(decided)).toEqual(['directory-made', 'directory-made', 'file-found', 'file-found'])
    expect(decided.slice(0, 2).map(({ data }) => data)).toEqual([
      { directory: 'x' },
      { directory: 'x/y' },
    ])
  })

  test('what is being uploaded, what is known and what cannot be a name is left alone', () => {
    const race = createRace()
    race.upload('ana', 'a.bin', 1)
    race.begin('ben', 'b.bin')
    const news = [{ file: 'b.bin' }, { file: 'a.bin' }, { file: '__proto__' }]
    expect(look(race, ['b.bin'], news)).toEqual([])
  })

  test('telling it twice records it once, and a replay ends the same', () => {
    const race = createRace()
    race.sfv('ana', 2)
    race.upload('ana', 'r0', 0)
    const news = [{ file: 'r1', n: 1 }]
    look(race, ['r0'], news)
    const before = structuredClone(race.state.context)
    expect(look(race, ['r0'], news)).toEqual([])
    const again = new Fold(raceActor.machine)
    for (const fact of race.facts) again.decide(fact)
    expect(again.state(0).context).toEqual(before)
  })

  test('no more comes than a release may have', () => {
    const race = createRace()
    race.tell('ana', { type: 'race.create', ...home })
    const many = (from: number) =>
      Array.from({ length: 2_500 }, (_, n) => ({ file: `f${from + n}`, n: from + n }))
    for (const from of [0, 2_500, 5_000, 7_500]) look(race, [], many(from))
    expect(race.state.context.fileCount).toBe(10_000)
    expect(codeOf(() => look(race, [], [{ file: 'more', n: 1 }]))).toBe('too-many-files')
    expect(codeOf(() => look(race, ['f1'], [{ file: 'more', n: 1 }]))).toBe('done')
  })
})

describe('times and modes', () => {
  test('an owner sets the time of a file, and others do not', () => {
    const race = createRace()
    race.upload('ana', 'a.bin', 1)
    const touch = { type: 'race.touch-file', file: 'a.bin', modifiedAtMs: 1_000 } as const
    expect(codeOf(() => race.tell('ben', touch))).toBe('not-yours')
    expect(types(race.tell('ana', touch))).toEqual(['file-touched'])
    expect(race.tell('ana', touch)).toEqual([])
    expect(race.state.context.files['a.bin']?.modifiedAtMs).toBe(1_000)
    expect(types(race.tell('ben', { ...touch, modifiedAtMs: 2 }, { isGranted: true }))).toEqual([
      'file-touched',
    ])
    expect(codeOf(() => race.tell('ana', { ...touch, file: 'b.bin' }))).toBe('no-such-file')
  })

  test('modes are of files, directories and the release, which is its maker’s', () => {
    const race = createRace()
    race.tell('ana', { type: 'race.create', ...home })
    race.tell('ben', { type: 'race.make-directory', directory: 'CD1' })
    race.upload('ben', 'a.bin', 1)
    const set = (by: string, path: string, mode: number) =>
      race.tell(by, { type: 'race.set-mode', path, mode })
    expect(types(set('ben', 'a.bin', 0o600))).toEqual(['mode-set'])
    expect(set('ben', 'a.bin', 0o600)).toEqual([])
    expect(codeOf(() => set('ben', '', 0o700))).toBe('not-yours')
    expect(types(set('ana', '', 0o700))).toEqual(['mode-set'])
    expect(types(set('ana', 'CD1', 0o711))).toEqual(['mode-set'])
    expect(codeOf(() => set('ana', 'CD2', 0o711))).toBe('no-such-file')
    expect(race.state.context.modes).toEqual({ 'a.bin': 0o600, '': 0o700, CD1: 0o711 })
  })

  test('a mode goes with its file, and not on to the next of that name', () => {
    const race = createRace()
    race.upload('ana', 'a.bin', 1)
    race.tell('ana', { type: 'race.set-mode', path: 'a.bin', mode: 0o600 })
    race.tell('ana', { type: 'race.rename-file', from: 'a.bin', to: 'b.bin' })
    expect(race.state.context.modes).toEqual({ 'b.bin': 0o600 })
    race.tell('ana', { type: 'race.delete-file', file: 'b.bin' })
    expect(race.state.context.modes).toEqual({})
  })
})
