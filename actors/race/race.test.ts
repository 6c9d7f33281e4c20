import { describe, expect, it } from 'vitest'

import { codeOf, crc, createRace, types, uuid } from '#actors/race/race.fixture.ts'

describe('race', () => {
  it('goes from the first file to the end, with the facts in the field’s order', () => {
    const race = createRace()
    expect(types(race.sfv('alice', 4))).toEqual(['file-accepted', 'sfv-added'])
    expect(types(race.upload('alice', 'r0', 0))).toEqual(['file-accepted', 'started'])
    const joined = race.upload('bob', 'r1', 1)
    expect(types(joined)).toEqual(['file-accepted', 'racer-joined', 'halfway-reached'])
    expect(types(race.upload('bob', 'r2', 2))).toEqual(['file-accepted', 'leader-changed'])
    const end = race.upload('alice', 'r3', 3, { sizeBytes: 700 })
    expect(types(end)).toEqual(['file-accepted', 'completed'])
    expect(end.at(-1)!.data).toEqual({
      files: 4,
      sizeBytes: 1_100,
      durationMs: 9_000,
      standings: [
        { member: 'alice', group: 'GRP', files: 2, sizeBytes: 800, durationMs: 20 },
        { member: 'bob', group: 'GRP', files: 2, sizeBytes: 200, durationMs: 20 },
      ],
    })
    expect(race.state.value).toBe('complete')
    expect(types(race.facts).slice(0, 2)).toEqual(['created', 'upload-started'])
  })

  it('asks for a lead of two files in a release of ten or more', () => {
    const race = createRace()
    race.sfv('alice', 10)
    race.upload('alice', 'r0', 0)
    race.upload('bob', 'r1', 1)
    expect(types(race.upload('bob', 'r2', 2))).toEqual(['file-accepted'])
    expect(types(race.upload('bob', 'r3', 3))).toEqual(['file-accepted', 'leader-changed'])
  })

  it('refuses a corrupt file and takes it when it is right', () => {
    const race = createRace()
    race.sfv('alice', 1)
    const bad = race.upload('bob', 'r0', 7)
    expect(bad).toEqual([
      {
        type: 'race.file-rejected',
        data: {
          file: 'r0',
          uploadId: uuid(2),
          sizeBytes: 100,
          crc32: crc(7),
          reason: 'crc-mismatch',
          expectedCrc32: crc(0),
        },
      },
    ])
    expect(race.state.context.files).not.toHaveProperty('r0')
    expect(types(race.upload('bob', 'r0', 0))).toEqual(['file-accepted', 'started', 'completed'])
  })

  it('judges the files that were there before the sfv', () => {
    const race = createRace()
    race.upload('alice', 'r0', 0)
    race.upload('bob', 'r1', 66)
    race.upload('bob', 'rel.nfo', 5)
    const judged = race.sfv('alice', 2)
    expect(types(judged)).toEqual([
      'file-accepted',
      'sfv-added',
      'file-verified',
      'file-marked-bad',
      'halfway-reached',
    ])
    expect(race.state.context.racers).toMatchObject({ alice: { files: 1 }, bob: { files: 0 } })
    expect(types(race.upload('carol', 'r1', 1))).toEqual([
      'file-accepted',
      'racer-joined',
      'completed',
    ])
  })

  it.each([
    ['an empty file', 'r0', { sizeBytes: 0 }, 'empty-file'],
    ['an sfv without entries', 'x.sfv', { sfvText: '; nothing' }, 'sfv-invalid'],
    ['an sfv that leaves the release', 'x.sfv', { sfvText: '../r0 00000000' }, 'sfv-invalid'],
    ['an sfv that is garbage', 'x.SFV', { sfvText: '\u0000\u0001' }, 'sfv-invalid'],
  ])('rejects %s', (_, file, more, reason) => {
    const race = createRace()
    expect(race.upload('alice', file, 0, more)).toMatchObject([
      { type: 'race.file-rejected', data: { reason } },
    ])
  })

  it('takes a file from one member at a time, and once', () => {
    const race = createRace()
    const uploadId = race.begin('alice', 'r0')
    expect(codeOf(() => race.begin('bob', 'r0'))).toBe('file-busy')
    const over = { type: 'race.make-directory', directory: 'r0' } as const
    expect(codeOf(() => race.tell('bob', over))).toBe('directory-exists')
    expect(codeOf(() => race.begin('alice', 'r0'))).toBe('file-busy')
    const abort = {
      type: 'race.abort-upload',
      file: 'r0',
      uploadId,
      receivedBytes: 5,
      reason: 'x',
    } as const
    expect(types(race.tell('alice', abort))).toEqual(['upload-aborted'])
    expect(race.tell('alice', abort)).toEqual([])
    expect(race.state.context.partials).toMatchObject({
      r0: { uploadId, member: 'alice', receivedBytes: 5 },
    })
    race.upload('bob', 'r0', 0)
    expect(codeOf(() => race.begin('alice', 'r0'))).toBe('file-exists')
  })

  it('can resume a thousand uploads, and forgets the oldest first', () => {
    const race = createRace()
    // Names of digits alone stand first in any record.
    for (let n = 2_000; n > 999; n--) {
      const uploadId = race.begin('alice', String(n))
      const abort = { type: 'race.abort-upload', file: String(n), uploadId } as const
      race.tell('alice', { ...abort, receivedBytes: 5, reason: 'x' })
    }
    const { partials } = race.state.context
    expect(Object.keys(partials)).toHaveLength(1_000)
    expect([partials['2000'], partials['1999'], partials['1000']]).toMatchObject([
      undefined,
      { member: 'alice' },
      { member: 'alice' },
    ])
  })

  it('lets a member take over from their own dead connection', () => {
    const race = createRace()
    const first = race.begin('alice', 'r0')
    race.begin('alice', 'r0', { connection: 'another' })
    expect(types(race.facts).slice(-2)).toEqual(['upload-aborted', 'upload-started'])
    const late = {
      type: 'race.finish-upload',
      file: 'r0',
      uploadId: first,
      sizeBytes: 1,
      crc32: crc(1),
      durationMs: 1,
    } as const
    expect(codeOf(() => race.tell('alice', late))).toBe('no-such-upload')
  })
})
