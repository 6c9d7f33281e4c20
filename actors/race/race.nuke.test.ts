import { describe, expect, it } from 'vitest'

import type { RaceCommand } from '#actors/race/race.commands.ts'
import { codeOf, createRace, home, type Race, types } from '#actors/race/race.fixture.ts'

const nuke = (more: object = {}): RaceCommand => ({
  type: 'race.nuke',
  multiplier: 3,
  reason: 'bad',
  emptyBytes: 50,
  ...more,
})
const unnuke: RaceCommand = { type: 'race.unnuke', reason: 'good' }
const publish: RaceCommand = { type: 'race.publish', group: 'GRP', section: 'mp3' }

/** Alice has 300 bytes in it, bob 100, of which one file is bad. */
function raced(): Race {
  const race = createRace()
  race.upload('alice', 'r0', 0, { sizeBytes: 200 })
  race.upload('alice', 'r1', 1)
  race.upload('bob', 'r2', 2)
  race.upload('bob', 'r3', 99)
  race.sfv('bob', 4)
  race.tell('bob', { type: 'race.delete-file', file: 'rel.sfv' })
  return race
}

describe('a nuke', () => {
  it('says who had brought how much of what is good, and by what name', () => {
    const race = raced()
    const [fact] = race.tell('sue', nuke())
    expect(fact).toEqual({
      type: 'race.nuked',
      data: {
        multiplier: 3,
        reason: 'bad',
        name: 'Rel-GRP',
        nukees: [
          { member: 'alice', group: 'GRP', files: 2, sizeBytes: 300 },
          { member: 'bob', group: 'GRP', files: 1, sizeBytes: 100 },
        ],
        empty: null,
      },
    })
    expect(race.state.context.nuke).toMatchObject({ by: 'sue', name: 'Rel-GRP', multiplier: 3 })
  })

  it('is of the maker where there are no files', () => {
    const race = createRace()
    race.tell('alice', { type: 'race.create', ...home })
    expect(race.tell('sue', nuke())[0]).toMatchObject({
      data: { nukees: [], empty: { member: 'alice', sizeBytes: 50 } },
    })
  })

  it('breaks off what is on its way, and lets nothing in until it is undone', () => {
    const race = raced()
    const uploadId = race.begin('carol', 'r9')
    expect(types(race.tell('sue', nuke()))).toEqual(['upload-aborted', 'nuked'])
    const finish = { type: 'race.finish-upload', file: 'r9', uploadId } as const
    const file = { sizeBytes: 1, crc32: '00000009', durationMs: 1 }
    expect(codeOf(() => race.tell('carol', { ...finish, ...file }))).toBe('no-such-upload')
    expect(codeOf(() => race.begin('carol', 'r9'))).toBe('nuked')
    race.tell('sue', unnuke)
    expect(codeOf(() => race.begin('carol', 'r9'))).toBe('done')
  })

  it('is one at a time, and what is undone is that one', () => {
    const race = raced()
    expect(codeOf(() => race.tell('sue', unnuke))).toBe('not-nuked')
    race.tell('sue', nuke())
    const { id } = race.facts.at(-1)!
    expect(codeOf(() => race.tell('tom', nuke()))).toBe('nuked')
    expect(race.tell('tom', unnuke)).toEqual([
      { type: 'race.unnuked', data: { nuke: id, reason: 'good' } },
    ])
    expect(race.state.context.nuke).toBeNull()
    expect(codeOf(() => race.tell('tom', nuke({ multiplier: 0 })))).toBe('done')
  })

  it('is of nothing that has earned nothing', () => {
    const race = createRace()
    const uploadId = race.begin('alice', 'r0')
    race.tell('alice', {
      type: 'race.finish-upload',
      file: 'r0',
      uploadId,
      sizeBytes: 9,
      crc32: '00000000',
      durationMs: 1,
      isUncredited: true,
    })
    expect(race.tell('sue', nuke())[0]).toMatchObject({ data: { nukees: [], empty: null } })
  })
})

describe('a publication', () => {
  it('says whose it was, and that it is elsewhere now', () => {
    const race = raced()
    expect(race.tell('alice', publish)).toMatchObject([
      {
        type: 'race.published',
        data: {
          group: 'GRP',
          from: 'incoming',
          to: 'mp3',
          files: 3,
          sizeBytes: 400,
          uploaders: [
            { member: 'alice', sizeBytes: 300 },
            { member: 'bob', sizeBytes: 100 },
          ],
        },
      },
      { type: 'race.renamed', data: { section: 'mp3', release: 'Rel-GRP' } },
    ])
    expect(race.state.context).toMatchObject({
      section: 'mp3',
      published: { group: 'GRP', from: 'incoming' },
    })
  })

  it('is of what is whole at the moment: not nuked, not empty, nothing on its way', () => {
    const race = createRace()
    race.tell('alice', { type: 'race.create', ...home })
    expect(codeOf(() => race.tell('alice', publish))).toBe('empty-release')
    race.upload('alice', 'r0', 0)
    race.begin('bob', 'r1')
    expect(codeOf(() => race.tell('alice', publish))).toBe('file-busy')
    race.tell('sue', nuke())
    expect(codeOf(() => race.tell('alice', publish))).toBe('nuked')
  })
})
