import { describe, expect, it } from 'vitest'

import { codeOf, createRace, crc, sfvOf, types, tags } from '#actors/race/race.fixture.ts'
import type { AudioRules } from '#events/section-rules.ts'

const anyAudio = {
  genres: [],
  bannedGenres: [],
  yearFrom: null,
  yearTo: null,
  kbpsFrom: null,
  kbpsTo: null,
}

describe('zips', () => {
  it('are expected by the first diz, and complete the release', () => {
    const race = createRace()
    expect(types(race.zip('ann', 'a.zip', 'disk [01/03]'))).toEqual([
      'file-accepted',
      'diz-added',
      'started',
    ])
    expect(race.facts.at(-1)!.data).toMatchObject({ expectedFiles: 3 })
    expect(types(race.zip('bob', 'b.zip', '[02/04]'))).toEqual([
      'file-accepted',
      'racer-joined',
      'halfway-reached',
    ])
    expect(types(race.zip('bob', 'c.zip'))).toEqual([
      'file-accepted',
      'leader-changed',
      'completed',
    ])
    expect(types(race.remove('bob', 'c.zip'))).toEqual(['file-deleted', 'became-incomplete'])
    expect(types(race.zip('ann', 'd.zip'))).toContain('completed')
    expect(types(race.zip('ann', 'e.zip'))).toEqual(['file-accepted'])
    expect(race.state).toMatchObject({ value: 'complete', context: { doneCount: 3 } })
  })

  it('are counted by the sfv where there is one', () => {
    const race = createRace()
    race.zip('ann', 'a.zip', '1/9')
    race.upload('ann', 'rel.sfv', 1, { sfvText: sfvOf({ 'a.zip': 5 }) })
    expect(race.state).toMatchObject({ value: 'complete', context: { expectedCount: 1, zips: {} } })
    expect(types(race.zip('ann', 'b.zip', '1/9'))).toEqual(['file-accepted'])
  })

  it('are no longer counted when the file that told of them goes', () => {
    const race = createRace()
    race.zip('ann', 'a.zip', '[01/99]')
    race.zip('ann', 'b.zip', '[02/02]')
    expect(race.state.context).toMatchObject({ expectedCount: 99, doneCount: 2 })
    race.remove('ann', 'a.zip')
    expect(race.state.context).toMatchObject({ expectedCount: 0, doneCount: 0, zips: {} })
    expect(types(race.zip('ann', 'a.zip', '[01/02]'))).toContain('completed')
    expect(race.state.context.zips).toMatchObject({ '': { file: 'a.zip', files: 2 } })
    race.remove('ann', 'b.zip')
    expect(race.state.context.zips).toMatchObject({ '': { expectedFiles: 2, files: 1 } })
    race.tell('ann', { type: 'race.reconcile', lost: ['a.zip'], found: [] })
    expect(race.state.context).toMatchObject({ expectedCount: 0, zips: {} })
  })

  it('are told of by a file that is renamed, and not by one that is elsewhere', () => {
    const race = createRace()
    race.mkdir('ann', 'More')
    race.zip('ann', 'a.zip', '[1/2]')
    race.zip('ann', 'b.zip')
    const move = (from: string, to: string) =>
      race.tell('ann', { type: 'race.rename-file', from, to })
    move('a.zip', 'c.zip')
    expect(race.state).toMatchObject({ value: 'complete', context: { zips: { '': { files: 2 } } } })
    expect(types(move('c.zip', 'More/c.zip'))).toEqual(['file-renamed', 'became-incomplete'])
    expect(race.state.context.zips).toEqual({})
  })

  it('may be told of by a diz that lies beside them', () => {
    const race = createRace()
    race.upload('ann', 'file_id.diz', 1, { dizText: '(x/1)' })
    expect(types(race.zip('ann', 'a.zip'))).toContain('completed')
    expect(race.state.context.racers).toMatchObject({ ann: { files: 1 } })
    race.remove('ann', 'a.zip')
    expect(types(race.zip('ann', 'b.zip'))).toContain('completed')
    expect(types(race.remove('ann', 'file_id.diz'))).toEqual(['file-deleted', 'became-incomplete'])
  })

  it.each([
    [{ isWhole: false, isEncrypted: false }, 'zip-broken'],
    [{ isWhole: true, isEncrypted: true }, 'zip-encrypted'],
  ])('that are %o are refused where they are tested', (zip, reason) => {
    const race = createRace()
    const refused = race.upload('ann', 'a.zip', 1, { zip, rules: { testsZips: true } })
    expect(refused).toMatchObject([{ type: 'race.file-rejected', data: { reason } }])
    expect(types(race.upload('ann', 'a.zip', 1, { zip }))).toContain('file-accepted')
  })
})

describe('the order in which files come', () => {
  it('is the sfv before the rest, where the section wants it', () => {
    const race = createRace()
    const rules = { isSfvFirst: true }
    expect(codeOf(() => race.upload('ann', 'a.rar', 1, { rules }))).toBe('sfv-first')
    race.mkdir('ann', 'Sample')
    for (const file of ['x.nfo', 'file_id.diz', 'z.zip', 'Sample/s.mkv']) {
      expect(types(race.upload('ann', file, 1, { rules }))).toContain('file-accepted')
    }
    race.mkdir('ann', 'CD1')
    race.upload('ann', 'rel.sfv', 1, { rules, sfvText: sfvOf({ 'a.rar': 1, 'CD1/a.rar': 1 }) })
    expect(types(race.upload('ann', 'a.rar', 1, { rules }))).toContain('file-accepted')
    expect(codeOf(() => race.upload('ann', 'CD1/b.rar', 1, { rules }))).toBe('sfv-first')
    expect(types(race.upload('ann', 'CD1/a.rar', 1, { rules }))).toContain('completed')
  })

  it('is the nfo before all, and one to a folder', () => {
    const race = createRace()
    const rules = { isNfoFirst: true, isOneNfo: true }
    expect(codeOf(() => race.upload('ann', 'rel.sfv', 1, { rules }))).toBe('nfo-first')
    race.upload('ann', 'x.nfo', 1, { rules })
    expect(codeOf(() => race.upload('bob', 'y.NFO', 1, { rules }))).toBe('one-nfo')
    race.mkdir('ann', 'CD1')
    expect(types(race.upload('bob', 'CD1/y.nfo', 1, { rules }))).toEqual(['file-accepted'])
    expect(types(race.upload('bob', 'a.rar', 1, { rules }))).toContain('file-accepted')
  })
})

describe('audio', () => {
  it('is tagged, and what is not wanted is warned of or refused', () => {
    const race = createRace()
    const audio: AudioRules = { ...anyAudio, bannedGenres: ['rock'], action: 'warn' }
    const warned = race.upload('ann', 'a.mp3', 1, { audio: tags, rules: { audio } })
    expect(types(warned)).toEqual(['file-accepted', 'audio-tagged', 'file-warned', 'started'])
    expect(race.state.context.audio).toEqual(tags)
    const rules = { audio: { ...audio, action: 'refuse' as const } }
    expect(race.upload('ann', 'b.mp3', 1, { audio: tags, rules })).toMatchObject([
      { data: { reason: 'audio-not-allowed', words: 'The genre Rock is not for here.' } },
    ])
    expect(types(race.upload('ann', 'a.rar', 1, { rules }))).toEqual(['file-accepted'])
  })

  it.each([
    [{ yearFrom: 2020 }, 'The year 2019 is not for here: at least 2020.'],
    [{ yearTo: 2018 }, 'The year 2019 is not for here: at most 2018.'],
    [{ kbpsFrom: 64, kbpsTo: 256 }, '320 kbit/s are not for here: 64 to 256.'],
    [{ genres: ['Jazz'] }, 'The genre Rock is not for here.'],
  ])('is not wanted by %o', (more, words) => {
    const rules = { audio: { ...anyAudio, ...more, action: 'refuse' as const } }
    const race = createRace()
    expect(race.upload('ann', 'a.mp3', 1, { audio: tags, rules })).toMatchObject([
      { data: { words } },
    ])
    const unread = { data: { words: 'Its tags cannot be read.' } }
    expect(race.upload('ann', 'b.flac', 1, { rules })).toMatchObject([unread])
  })
})

describe('a section', () => {
  it('for speed tests keeps nothing', () => {
    const race = createRace()
    const tested = race.upload('ann', 'x.bin', 1, { rules: { purpose: 'speedtest' } })
    expect(tested).toMatchObject([
      { type: 'race.speed-tested', data: { group: 'GRP', sizeBytes: 100, durationMs: 10 } },
    ])
    expect(race.state.context).toMatchObject({ files: {}, uploads: {}, racers: {} })
  })

  it.each([
    [{ rules: { purpose: 'pre' as const } }, false],
    [{ isUncredited: true }, false],
    [{ rules: { purpose: 'releases' as const } }, true],
  ])('credits with %o: %s', (more, credited) => {
    expect(createRace().upload('ann', 'x', 1, more)[0]).toMatchObject({ data: { credited } })
  })

  it('whose script does not want a file refuses it, after all else', () => {
    const race = createRace()
    const rejection = { reason: 'refused-by-script', words: 'no' } as const
    expect(race.upload('ann', 'x', 1, { rejection })[0]).toMatchObject({ data: rejection })
    race.upload('ann', 'r.sfv', 1, { sfvText: `y ${crc(5)}` })
    expect(race.upload('ann', 'y', 1, { rejection })[0]).toMatchObject({
      data: { reason: 'crc-mismatch' },
    })
  })
})

describe('discs', () => {
  it('together are the release: one without its sfv keeps it open', () => {
    const race = createRace()
    race.mkdir('ann', 'CD1')
    race.mkdir('ann', 'CD2')
    race.upload('ann', 'CD1/a.sfv', 1, { sfvText: sfvOf({ a: 1 }) })
    expect(types(race.upload('ann', 'CD1/a', 1))).toEqual(['file-accepted', 'started'])
    race.upload('ann', 'CD2/b.sfv', 1, { sfvText: sfvOf({ b: 1 }) })
    expect(types(race.upload('ann', 'CD2/b', 1))).toEqual(['file-accepted', 'completed'])
  })

  it('that are made late leave the release complete until their list comes', () => {
    const race = createRace()
    for (const disc of ['CD1', 'CD2']) race.mkdir('ann', disc)
    race.upload('ann', 'CD1/a.sfv', 1, { sfvText: sfvOf({ a: 1 }) })
    race.upload('ann', 'CD1/a', 1)
    expect(race.state.value).toBe('open')
    const rmd = { type: 'race.remove-directory', directory: 'CD2' } as const
    expect(types(race.tell('ann', rmd))).toEqual(['directory-removed', 'completed'])
    expect(types(race.mkdir('bob', 'CD2'))).toEqual(['directory-made'])
    expect(types(race.tell('bob', rmd))).toEqual(['directory-removed'])
    race.mkdir('bob', 'CD2')
    expect(types(race.upload('bob', 'CD2/b', 1))).toEqual(['file-accepted', 'racer-joined'])
    expect(types(race.remove('bob', 'CD2/b'))).toEqual(['file-deleted'])
    const listed = race.upload('bob', 'CD2/b.sfv', 1, { sfvText: sfvOf({ b: 1 }) })
    expect(types(listed)).toEqual(['file-accepted', 'sfv-added', 'became-incomplete'])
    expect(types(race.upload('bob', 'CD2/b', 1))).toContain('completed')
    expect(types(race.remove('bob', 'CD2/b.sfv'))).toEqual(['file-deleted', 'became-incomplete'])
  })
})
