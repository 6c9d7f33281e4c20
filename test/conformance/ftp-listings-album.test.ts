import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, expect, test } from 'vitest'

import type { SectionContext } from '#actors/section/section.commands.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'

let ftp: FtpFixture
let ana: FtpClient
let bob: FtpClient

/** Tags as they are found in a track; the bytes are not looked at here. */
const audio = {
  artist: 'An Artist',
  album: 'An Album',
  title: null,
  genre: 'Rock',
  year: 2024,
  track: 1,
  codec: 'MP3',
  kbps: 320,
  isVbr: false,
  sampleRateHz: 44_100,
  playMs: 1_000,
}

async function bring(release: string, file: string, more: object): Promise<void> {
  const { host, ids } = ftp.system
  const section = { kind: 'section', id: 'incoming' }
  const { releases } = (await host.state<SectionContext>(section)).context
  const ref = { kind: 'race', id: releases[release]! }
  const context = () => ({ by: 'ana', connection: null, commandId: ids.next() })
  const upload = { file, uploadId: ids.next() }
  const home = { section: 'incoming', release, group: 'GRP', offsetBytes: 0 }
  const begin = { type: 'race.begin-upload', ...home, ...upload }
  await host.send(ref, begin, context())
  const sizeBytes = 1 << 20
  const crc = crc32(file).toString(16).padStart(8, '0')
  const finish = { type: 'race.finish-upload', ...upload, sizeBytes, crc32: crc, durationMs: 1 }
  await host.send(ref, { ...finish, ...more }, context())
}

async function bringAlbum(release: string, tracks: readonly string[]): Promise<void> {
  await ana.say(`MKD /incoming/${release}`, '257')
  const lines = tracks.map((track) => `${track} ${crc32(track).toString(16).padStart(8, '0')}`)
  await bring(release, '00.sfv', { sfvText: lines.join('\n') })
  for (const track of tracks) await bring(release, track, { audio })
}

beforeAll(async () => {
  ftp = await startFtp()
  await ftp.system.addMember({ name: 'ana' })
  await ftp.system.addMember({ name: 'bob' })
  const rights = ['list', 'download', 'upload', 'makedir'].map((right) => `${right} /* *`)
  await setRights(ftp.system, [...rights, 'privpath /incoming/*/secret* -ana'].join('\n'))
  ana = await ftp.login('ana')
  bob = await ftp.login('bob')
})
afterAll(() => ftp.stop())

test('a complete album says what it is, and has a list of its tracks', async () => {
  await bringAlbum('Album', ['02.mp3', '01.mp3'])
  const names = await ana.list('NLST /incoming/Album')
  expect(names).toEqual([
    '[veza] - ( 3M 2F - COMPLETE - Rock 2024 ) - [veza]',
    'Album.m3u',
    '00.sfv',
    '01.mp3',
    '02.mp3',
  ])
  const { content, reply } = await bob.retrieve('RETR /incoming/Album/Album.m3u')
  expect([content.toString(), reply]).toEqual(['01.mp3\r\n02.mp3\r\n', '226 16 bytes sent.'])
  await bob.say('SIZE /incoming/Album/Album.m3u', '213 16')
  // A list that somebody brings takes its place.
  expect(await ana.store('/incoming/Album/Album.m3u', 'mine')).toMatch(/^226/)
  expect((await bob.retrieve('RETR /incoming/Album/Album.m3u')).content.toString()).toBe('mine')
})

test('the list is for those who may see all that it names', async () => {
  await bringAlbum('Mixed', ['01.mp3', 'secret.mp3'])
  const path = '/incoming/Mixed/Mixed.m3u'
  expect((await ana.retrieve(`RETR ${path}`)).content.toString()).toContain('secret.mp3')
  const refused = await bob.retrieve(`RETR ${path}`)
  const absent = await bob.retrieve('RETR /incoming/Mixed/Other.m3u')
  expect(refused.reply).toBe(absent.reply.replace('Other', 'Mixed'))
  expect(await bob.list('NLST /incoming/Mixed')).not.toContain('Mixed.m3u')
  await bob.say(`SIZE ${path}`, '550')
  await bob.say(`MLST ${path}`, '550')
})

test('a recursive listing is cut off at its limit, and says so', async () => {
  await ana.say('MKD /incoming/Deep', '257')
  for (let n = 0; n < 502; n++) await ana.say(`MKD /incoming/Deep/d${n}`, '257')
  const rows = await ana.list('LIST -R /incoming/Deep')
  expect(rows.filter((row) => row.startsWith('./'))).toHaveLength(499)
  expect(rows.at(-1)).toBe('There is more below than is shown.:')
})
