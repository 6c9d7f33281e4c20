import { afterAll, beforeAll, expect, test } from 'vitest'

import { tags } from '#actors/race/race.fixture.ts'
import { GivenFacts } from '#projections/kernel/given-facts.ts'
import { modelsAfter, startPostgres } from '#test/conformance/projections.fixture.ts'

let postgres: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const CRC = '0000000a'
const origin = { by: 'ann', at: 5 }
const upload = { uploadId: 'u', group: 'G', sizeBytes: 100, crc32: CRC, durationMs: 10 }
const how = { verified: false, counted: true, credited: true, inStatistics: true }

function raceOf(...files: string[]): GivenFacts {
  const given = new GivenFacts().add(
    'race-1',
    'race.created',
    { section: 'incoming', release: 'R' },
    origin,
  )
  for (const file of files) {
    given.add('race-1', 'race.file-accepted', { file, ...upload, ...how }, origin)
  }
  return given
}

test('the zips that a diz speaks of are expected, folder by folder', async () => {
  const diz = { text: '[1/3]', expectedFiles: 3 }
  const given = raceOf('a.zip', 'CD1/b.zip')
    .add('race-1', 'race.diz-added', { file: 'a.zip', folder: '', ...diz })
    .add('race-1', 'race.diz-added', { file: 'CD1/b.zip', folder: 'CD1', ...diz })
    .add('race-1', 'race.file-accepted', { file: 'c.zip', ...upload, ...how }, origin)
  const zips = await modelsAfter(postgres.db, given, 0)
  expect(await zips.race('1')).toMatchObject({
    kind: 'ZIP',
    hasSfv: false,
    expectedFiles: 6,
    filesDone: 3,
    zips: [
      { folder: '', expectedFiles: 3, files: 2 },
      { folder: 'CD1', expectedFiles: 3, files: 1 },
    ],
  })
})

test('what a release has is told with it, and what it is mostly', async () => {
  const given = raceOf('x.nfo', 'Sample/s.mkv', 'a.mp3', 'b.MP3', 'c.rar')
    .add('race-1', 'race.audio-tagged', { file: 'a.mp3', ...tags, album: null })
    .add('race-1', 'race.file-wiped', {
      file: 'x.nfo',
      member: 'ann',
      sizeBytes: 100,
      durationMs: 10,
      counted: true,
    })
  const models = await modelsAfter(postgres.db, given, 0)
  expect(await models.race('1')).toMatchObject({
    kind: 'AUDIO',
    hasNfo: false,
    hasSample: true,
    sizeBytes: 400,
    audio: { artist: tags.artist, album: null, genre: 'Rock', year: 2019, isVbr: false },
  })
  expect(await models.racesByName('incoming', ['R'])).toMatchObject([{ kind: 'AUDIO' }])
})

test('a file that was lost and found is here without anybody who has brought it', async () => {
  const given = raceOf('a.rar')
    .add('race-1', 'race.file-lost', {
      file: 'a.rar',
      member: 'ann',
      sizeBytes: 100,
      durationMs: 10,
      counted: true,
    })
    .add(
      'race-1',
      'race.file-found',
      { file: 'a.rar', uploadId: 'f', sizeBytes: 7, crc32: CRC, verified: false, modifiedAtMs: 1 },
      { by: 'sue', at: 9 },
    )
  const models = await modelsAfter(postgres.db, given, 0)
  expect(await models.race('1')).toMatchObject({
    sizeBytes: 7,
    racers: 0,
    files: [{ file: 'a.rar', state: 'unchecked', member: null, sizeBytes: 7, acceptedAt: 9 }],
  })
})
