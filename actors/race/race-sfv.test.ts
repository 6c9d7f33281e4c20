import { describe, expect, it } from 'vitest'

import { codeOf, crc, createRace, sfvOf, types, uuid } from '#actors/race/race.fixture.ts'

const sfv = (entries: Readonly<Record<string, number>>) => ({ sfvText: sfvOf(entries) })

describe('a further sfv', () => {
  it('counts beside the first when it lists something else', () => {
    const race = createRace()
    race.upload('ann', 'cd1.sfv', 1, sfv({ a: 1 }))
    expect(types(race.upload('bob', 'cd2.sfv', 1, sfv({ b: 1 })))).toEqual([
      'file-accepted',
      'sfv-added',
    ])
    expect(race.upload('bob', 'cd3.sfv', 1, sfv({ b: 1 }))).toMatchObject([
      { type: 'race.file-rejected', data: { reason: 'sfv-not-better' } },
    ])
  })

  it('that clears a file lets nobody bring it a second time', () => {
    const race = createRace()
    race.upload('ann', 'a', 1)
    race.upload('ann', 'b', 2)
    race.upload('eve', 'old.sfv', 1, sfv({ a: 9, b: 2 }))
    const uploadId = race.begin('bob', 'a')
    race.upload('eve', 'new.sfv', 1, sfv({ a: 1, b: 2, c: 3 }))
    const finish = { type: 'race.finish-upload', file: 'a', uploadId, crc32: crc(1) } as const
    const figures = { sizeBytes: 100, durationMs: 10 }
    expect(codeOf(() => race.tell('bob', { ...finish, ...figures }))).toBe('file-exists')
    expect(race.state).toMatchObject({
      value: 'open',
      context: { doneCount: 2, expectedCount: 3, files: { a: { member: 'ann' } } },
    })
  })

  it('that lists one of two names under way has one file accepted', () => {
    const race = createRace()
    const uploads = { 'A.RAR': race.begin('ann', 'A.RAR'), 'a.rar': race.begin('bob', 'a.rar') }
    race.upload('eve', 'x.sfv', 9, sfv({ 'A.RAR': 1, 'b.rar': 2 }))
    const finish = (by: string, file: keyof typeof uploads) => {
      const figures = { sizeBytes: 100, durationMs: 10, crc32: crc(1) }
      const upload = { file, uploadId: uploads[file] }
      return codeOf(() => race.tell(by, { type: 'race.finish-upload', ...upload, ...figures }))
    }
    expect([finish('bob', 'a.rar'), finish('ann', 'A.RAR')]).toEqual(['done', 'file-exists'])
    expect(Object.keys(race.state.context.files)).toEqual(['x.sfv', 'a.rar'])
  })

  it('that only the one it replaces has listed arrives as one that is not listed', () => {
    const race = createRace()
    race.upload('ann', 'x.sfv', 1, sfv({ 'x.sfv': 2, a: 3 }))
    const better = race.upload('ann', 'x.sfv', 2, sfv({ 'x.sfv': 2, a: 3 }))
    expect(types(better)).toEqual(['sfv-replaced', 'file-accepted', 'sfv-added'])
    expect(better[1]).toMatchObject({ data: { verified: false } })
    expect(race.state.context).toMatchObject({ expectedCount: 2, doneCount: 1 })
  })

  it('that fits more of the files takes the place of a wrong one', () => {
    const race = createRace()
    race.upload('ann', 'a', 1)
    race.upload('ann', 'b', 2)
    race.upload('bob', 'old.sfv', 1, sfv({ a: 9, b: 2, c: 3 }))
    expect(race.state.context.files).toMatchObject({ a: { isBad: true }, b: { isBad: false } })
    expect(race.upload('cyd', 'new.sfv', 1, sfv({ a: 9, b: 8 }))).toMatchObject([
      { data: { reason: 'sfv-not-better' } },
    ])
    const better = race.upload('cyd', 'new.sfv', 1, sfv({ a: 1, b: 2 }))
    expect(types(better)).toEqual([
      'sfv-replaced',
      'file-accepted',
      'sfv-added',
      'file-cleared',
      'completed',
    ])
    expect(better[0]!.data).toMatchObject({ file: 'old.sfv', member: 'bob', counted: false })
    expect(race.state.context).toMatchObject({
      files: { a: { isBad: false } },
      expected: { a: '00000001', b: '00000002' },
      racers: { ann: { files: 2 } },
      doneCount: 2,
    })
  })

  it('of the same name comes from who has brought the first, and from others with reason', () => {
    const race = createRace()
    race.upload('ann', 'x.sfv', 1, sfv({ a: 1 }))
    expect(codeOf(() => race.begin('bob', 'x.sfv'))).toBe('file-exists')
    expect(race.upload('ann', 'x.sfv', 2, sfv({ a: 1 }))).toMatchObject([
      { data: { reason: 'sfv-not-better' } },
    ])
    expect(types(race.upload('ann', 'x.sfv', 2, sfv({ a: 1, b: 2 })))).toEqual([
      'sfv-replaced',
      'file-accepted',
      'sfv-added',
    ])
    race.upload('bob', 'c', 3)
    const larger = race.upload('bob', 'x.sfv', 3, sfv({ a: 1, b: 2, c: 3 }))
    expect(types(larger)).toEqual(['sfv-replaced', 'file-accepted', 'sfv-added', 'file-verified'])
    expect(race.state.context).toMatchObject({ fileCount: 2, expectedCount: 3, doneCount: 1 })
    expect(race.state.context.files['x.sfv']).toMatchObject({ member: 'bob', uploadId: uuid(6) })
  })

  it('of a complete release has to fit a file that none lists', () => {
    const race = createRace()
    race.upload('ann', 'x.sfv', 1, sfv({ a: 1 }))
    race.upload('ann', 'a', 1)
    race.upload('ann', 'b', 2)
    expect(race.state.value).toBe('complete')
    const no = [{ data: { reason: 'sfv-not-better' } }]
    expect(race.upload('eve', 'y.sfv', 9, sfv({ 'never.rar': 9 }))).toMatchObject(no)
    expect(race.upload('eve', 'y.sfv', 9, sfv({ b: 9 }))).toMatchObject(no)
    expect(race.upload('ann', 'x.sfv', 1, sfv({ a: 1, c: 3 }))).toMatchObject(no)
    expect(race.upload('eve', 'y.sfv', 9, sfv({ a: 9, b: 2 }))).toMatchObject(no)
    race.mkdir('eve', 'CD1')
    const beside = race.upload('ann', 'CD1/x.sfv', 9, sfv({ z: 9 }))
    expect(types(beside)).toEqual(['file-accepted', 'sfv-added', 'became-incomplete'])
    expect(types(race.upload('ann', 'CD1/z', 9))).toContain('completed')
    const fitting = race.upload('ann', 'y.sfv', 9, sfv({ b: 2 }))
    expect(types(fitting)).toEqual(['file-accepted', 'sfv-added', 'file-verified'])
  })

  it('is no first one where a diz counts, or discs are all', () => {
    const zips = createRace()
    zips.zip('ann', 'a.zip', '1/1')
    const no = [{ data: { reason: 'sfv-not-better' } }]
    expect(zips.upload('eve', 'y.sfv', 9, sfv({ never: 9 }))).toMatchObject(no)
    const discs = createRace()
    discs.mkdir('ann', 'CD1')
    discs.upload('ann', 'CD1/x.sfv', 1, sfv({ a: 1 }))
    discs.upload('ann', 'CD1/a', 1)
    expect(discs.upload('eve', 'y.sfv', 9, sfv({ never: 9 }))).toMatchObject(no)
    expect([zips, discs].map(({ state }) => state.value)).toEqual(['complete', 'complete'])
  })

  it('that a rescan finds changed speaks for itself again', () => {
    const race = createRace()
    race.upload('ann', 'x.sfv', 1, sfv({ a: 1 }))
    race.upload('ann', 'a', 1)
    const file = { file: 'x.sfv', uploadId: uuid(70), sizeBytes: 7, crc32: crc(7), modifiedAtMs: 5 }
    const found = [{ ...file, sfvText: sfvOf({ a: 1, b: 2 }) }]
    const seen = race.tell('sue', { type: 'race.reconcile', lost: ['x.sfv'], found })
    expect(types(seen)).toEqual([
      'file-lost',
      'file-found',
      'sfv-added',
      'file-verified',
      'became-incomplete',
    ])
  })

  it('in another folder is another folder’s', () => {
    const race = createRace()
    race.mkdir('ann', 'CD1')
    race.upload('ann', 'x.sfv', 1, sfv({ a: 1 }))
    expect(types(race.upload('ann', 'CD1/x.sfv', 1, sfv({ a: 1 })))).toContain('sfv-added')
  })
})

describe('the case of names', () => {
  it('is that of the files which are here', () => {
    const race = createRace()
    race.upload('ann', 'file.rar', 1)
    expect(types(race.upload('ann', 'x.sfv', 1, sfv({ 'FILE.RAR': 1 })))).toEqual([
      'file-accepted',
      'sfv-added',
      'file-verified',
      'completed',
    ])
    expect(race.state.context.expected).toEqual({ 'file.rar': '00000001' })
  })

  it('is that of the file which comes later', () => {
    const race = createRace()
    race.upload('ann', 'x.sfv', 1, sfv({ 'FILE.RAR': 1, 'Other.r00': 2 }))
    const uploadId = race.begin('bob', 'file.rar')
    expect(codeOf(() => race.begin('cyd', 'FILE.RAR'))).toBe('file-busy')
    expect(codeOf(() => race.begin('cyd', 'File.rar'))).toBe('file-busy')
    const finish = { type: 'race.finish-upload', file: 'file.rar', uploadId } as const
    const figures = { sizeBytes: 9, crc32: '00000001', durationMs: 1 }
    expect(types(race.tell('bob', { ...finish, ...figures }))).toEqual([
      'entry-matched',
      'file-accepted',
      'started',
      'halfway-reached',
    ])
    expect(codeOf(() => race.begin('cyd', 'FILE.RAR'))).toBe('file-exists')
    expect(race.upload('cyd', 'OTHER.R00', 7)).toMatchObject([{ data: { reason: 'crc-mismatch' } }])
    expect(types(race.upload('cyd', 'OTHER.R00', 2))).toContain('completed')
    race.remove('ann', 'x.sfv')
    expect(race.state).toMatchObject({ value: 'open', context: { expected: {} } })
  })
})
