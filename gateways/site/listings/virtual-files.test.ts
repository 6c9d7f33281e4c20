import { expect, test } from 'vitest'

import type { Audio } from '#events/race.facts.ts'

import { contextOf, fileOf, raceOf } from '#test/found-race.fixture.ts'
import { dizLines, raceLines, virtualFilesOf } from '#gateways/site/listings/virtual-files.ts'

const audio: Audio = {
  artist: null,
  album: null,
  title: null,
  genre: 'Rock',
  year: 2024,
  track: null,
  codec: null,
  kbps: null,
  isVbr: false,
  sampleRateHz: null,
  playMs: null,
}
const racer = (group: string, files: number) => ({
  group,
  files,
  sizeBytes: files * 2_048_000,
  durationMs: files * 1_000,
})
const standing = {
  fileCount: 5,
  sizeBytes: 10_240_000,
  expectedCount: 8,
  doneCount: 4,
  racers: { bob: racer('B', 2), ana: racer('A', 3), gone: racer('C', 0) },
}

test('the race in words', () => {
  expect(raceLines(raceOf(contextOf(standing)), 'veza')).toEqual([
    '[veza] 50% complete, 4 of 8: 5 files, 9M',
    ' #  NAME             GROUP            FILES    SIZE   KIB/S',
    ' 1  ana              A                    3      5M    2000',
    ' 2  bob              B                    2      3M    2000',
    'Groups:',
    ' 1  A                A                    3      5M    2000',
    ' 2  B                B                    2      3M    2000',
  ])
  expect(raceLines(raceOf(contextOf()), 'veza')).toEqual([])
})

test('names no racer of what a group has published, and says why it was nuked', () => {
  const published = { group: 'CREW', from: 'pre-CREW', atMs: 1 }
  const nuke = {
    fact: 'f',
    by: 'op',
    atMs: 1,
    name: 'Rel',
    multiplier: 3,
    reason: 'bad\r\n226 fake',
  }
  const race = raceOf(contextOf({ ...standing, published, nuke, audio }), { isComplete: true })
  expect(raceLines(race, 'veza')).toEqual([
    '[veza] Complete: 5 files, 9M',
    'Music: Rock 2024',
    'NUKED x3 by op: bad 226 fake',
    'Published by CREW',
  ])
})

test('the diz of a release of zips, without what a terminal would obey', () => {
  const text = ' A diz\r\n\u001b[31mof two\n'
  const zips = { '': { file: 'a.zip', expectedFiles: 2, files: 1, text } }
  expect(dizLines(raceOf(contextOf({ zips })))).toEqual([' A diz', ' [31mof two'])
  expect(dizLines(raceOf(contextOf()))).toEqual([])
})

test('a long table is cut', () => {
  const racers = Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [`racer-${n}-with-a-long-name`, racer('A', n + 1)]),
  )
  const lines = raceLines(raceOf(contextOf({ ...standing, racers })), 'veza')
  expect(lines).toHaveLength(23)
  expect(lines.at(-1)).toBe('    and 10 more')
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(70)
})

test('a complete album has a list of its tracks, unless it brings one', () => {
  const files = {
    '02.mp3': fileOf(),
    'CD2/01.MP3': fileOf(),
    '01.mp3': fileOf(),
    'x.nfo': fileOf(),
  }
  const album = contextOf({ release: 'Album', audio, files, fileCount: 4 })
  const listed = (isComplete: boolean) =>
    virtualFilesOf(raceOf(album, { isComplete }), 'veza').slice(1)
  expect(listed(false)).toEqual([])
  expect(listed(true)).toEqual([
    {
      name: 'Album.m3u',
      content: Buffer.from('01.mp3\r\n02.mp3\r\nCD2/01.MP3\r\n'),
      names: ['01.mp3', '02.mp3', 'CD2/01.MP3'],
    },
  ])
  album.files['00-album.m3u'] = fileOf()
  expect(listed(true)).toEqual([])
})
