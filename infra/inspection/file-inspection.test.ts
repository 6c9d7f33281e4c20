import { randomBytes } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { DiskTrouble } from '#events/site-files.ts'
import { createFileInspection } from '#infra/inspection/file-inspection.ts'
import { fileOf, flacOf, mp3Of, zipOf } from '#infra/inspection/samples.fixture.ts'

const clock = { now: () => 0 }
const inspection = createFileInspection(clock)
const diz = { name: 'FILE_ID.DIZ', content: 'Some release [01/02]' }
const body = { name: 'a.r00', content: 'x'.repeat(100_000) }
const whole = zipOf([diz, body])

describe('a zip', () => {
  it('is whole when all that is in it is, and tells its diz', async () => {
    const report = { isWhole: true, isEncrypted: false, dizText: diz.content }
    expect(await inspection.zip(fileOf(whole), true)).toEqual(report)
    const without = fileOf(zipOf([body]))
    expect(await inspection.zip(without, true)).toEqual({ ...report, dizText: null })
  })

  it.each([true, false])('with nothing in it is not whole, tested: %s', async (isTested) => {
    const empty = fileOf(zipOf([]))
    expect(await inspection.zip(empty, isTested)).toMatchObject({ isWhole: false })
  })

  it('has a diz in its root alone, in the characters of DOS', async () => {
    const deep = zipOf([{ name: 'x/file_id.diz', content: 'no' }])
    expect(await inspection.zip(fileOf(deep), true)).toMatchObject({ dizText: null })
    const drawn = zipOf([{ name: 'file_id.diz', content: Buffer.from([0xb0, 0xb1, 0x41]) }])
    expect(await inspection.zip(fileOf(drawn), true)).toMatchObject({ dizText: '░▒A' })
    const long = zipOf([{ name: 'file_id.diz', content: 'y'.repeat(9_000) }])
    const { dizText } = await inspection.zip(fileOf(long), true)
    expect(dizText).toBe('y'.repeat(4_000))
  })

  it('that has a password says so, with nothing unpacked', async () => {
    const locked = zipOf([diz, { ...body, isEncrypted: true, crc32: 1 }])
    expect(await inspection.zip(fileOf(locked), true)).toEqual({
      isWhole: true,
      isEncrypted: true,
      dizText: diz.content,
    })
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['no zip', Buffer.alloc(5_000, 7)],
    ['cut short', whole.subarray(0, -30)],
    ['a wrong checksum', zipOf([{ ...body, crc32: 7 }])],
    ['a wrong size', zipOf([{ ...body, sizeBytes: 7 }])],
    ['changed in the middle', Buffer.from(whole).fill(255, 110, 120)],
  ])('that is %s is broken', async (_, bytes) => {
    expect(await inspection.zip(fileOf(bytes), true)).toMatchObject({ isWhole: false })
  })

  it('that is not to be tested is read as far as its list and its diz', async () => {
    const wrong = zipOf([diz, { ...body, crc32: 7 }])
    expect(await inspection.zip(fileOf(wrong), false)).toEqual({
      isWhole: true,
      isEncrypted: false,
      dizText: diz.content,
    })
  })

  it.each([
    ['too many files', { entries: 1, unpackedBytes: 1e9, ms: 1e9 }],
    ['too much in it', { entries: 9, unpackedBytes: 1_000, ms: 1e9 }],
    ['no end', { entries: 9, unpackedBytes: 1e9, ms: -1 }],
  ])('with %s is not looked through', async (_, limits) => {
    const limited = createFileInspection(clock, limits)
    expect(await limited.zip(fileOf(whole), true)).toMatchObject({ isWhole: false })
  })

  it('that the disk does not give is no broken zip', async () => {
    const trouble = new DiskTrouble('failed', undefined)
    const failing = { ...fileOf(whole), read: () => Promise.reject(trouble) }
    await expect(inspection.zip(failing, true)).rejects.toBe(trouble)
    await expect(inspection.audio(failing, 'a.mp3')).rejects.toBe(trouble)
  })

  it('on a disk that does not answer keeps nobody else from a turn', async () => {
    const stuck = { ...fileOf(whole), read: () => new Promise<number>(() => {}) }
    const brief = createFileInspection(clock, { readMs: 20 })
    const looks = [brief.zip(stuck, true), brief.zip(stuck, true), brief.audio(stuck, 'a.mp3')]
    for (const look of looks) await expect(look).rejects.toBeInstanceOf(DiskTrouble)
    expect(await brief.zip(fileOf(whole), true)).toMatchObject({ isWhole: true })
  })
})

describe('audio', () => {
  it('of mp3 says what its tags say', async () => {
    const tags = { TPE1: 'Artist', TALB: 'Album', TIT2: 'Title', TCON: 'Rock', TYER: '2019' }
    expect(await inspection.audio(fileOf(mp3Of({ ...tags, TRCK: '3' })), 'A.MP3')).toMatchObject({
      artist: 'Artist',
      album: 'Album',
      title: 'Title',
      genre: 'Rock',
      year: 2019,
      track: 3,
      kbps: 128,
      isVbr: false,
      sampleRateHz: 44_100,
    })
  })

  it('of flac too', async () => {
    const flac = flacOf(['ARTIST=Band', 'GENRE=Jazz', 'DATE=1999'])
    expect(await inspection.audio(fileOf(flac), 'a.flac')).toMatchObject({
      artist: 'Band',
      genre: 'Jazz',
      year: 1999,
      album: null,
      codec: 'FLAC',
      sampleRateHz: 44_100,
      playMs: 1_000,
    })
  })

  it.each([
    ['a.mp3', Buffer.alloc(0)],
    ['a.flac', randomBytes(5_000)],
    ['a.txt', mp3Of({})],
  ])('that is none (%s) is undefined', async (name, bytes) => {
    expect(await inspection.audio(fileOf(bytes), name)).toBeUndefined()
  })

  it('that keeps the parser at work is given up, and the server is free meanwhile', async () => {
    const hurried = createFileInspection(clock, { audioMs: 200 })
    // Each byte may be where a frame begins: the parser takes half a minute for four megabytes.
    const bytes = Buffer.alloc(32 * 2 ** 20, 0xff)
    let turns = 0
    const counting = setInterval(() => turns++, 10)
    expect(await hurried.audio(fileOf(bytes), 'a.mp3')).toBeUndefined()
    clearInterval(counting)
    expect(turns).toBeGreaterThan(3)
  })

  it('that takes all memory is none, and the next one is read', async () => {
    // A flac with millions of empty comments.
    const comments = '\u0000\u0000\u0000\u0000\u00ff\u00ff\u00ff\u007f'
    const head = `fLaC\u0000\u0000\u0000\u0022${'\u0000'.repeat(34)}\u0004\u00ff\u00ff\u00ff`
    const greedy = Buffer.concat([Buffer.from(head + comments, 'latin1'), Buffer.alloc(17e6)])
    expect(await inspection.audio(fileOf(greedy), 'a.flac')).toBeUndefined()
    expect(await inspection.audio(fileOf(mp3Of({ TPE1: 'A' })), 'b.mp3')).toBeDefined()
  })
})
