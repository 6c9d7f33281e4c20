import { readdir, readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { DEFAULT_RIGHTS_TEXT } from '#actors/policy/default-rights.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { SectionContext } from '#actors/section/section.commands.ts'
import type { SectionRules } from '#events/section-rules.ts'
import { mp3Of, zipOf } from '#infra/inspection/samples.fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { type Releases, startReleases } from '#test/conformance/ftp-releases.fixture.ts'

const sfvOf = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .map(([name, content]) => `${name} ${crc32(content).toString(16).padStart(8, '0')}\r\n`)
    .join('')

let site: Releases
let release: string
let count = 0

beforeAll(async () => {
  site = await startReleases({ asksState: true })
})
afterAll(() => site.stop())
beforeEach(async () => {
  release = `/incoming/Rel-${++count}`
  await site.tell('ana', `MKD ${release}`, '257')
})

/** A file below the release. */
const put = async (name: string, file: string, content: string | Buffer) =>
  (await site.as(name)).store(`${release}/${file}`, content)

async function race() {
  const { host } = site.system
  const [section, name] = release.slice(1).split('/') as [string, string]
  const { context } = await host.state<SectionContext>({ kind: 'section', id: section })
  return await host.state<RaceContext>({ kind: 'race', id: context.releases[name]! })
}

async function setRules(changes: Partial<SectionRules>): Promise<void> {
  const command = { type: 'site.change-section', section: 'incoming', changes } as const
  const context = { by: null, connection: null, commandId: site.system.ids.next() }
  await site.system.host.send({ kind: 'site', id: 'site' }, command, context)
}

const onDisk = async () =>
  (await readdir(site.ftp.sitePath(...release.slice(1).split('/')))).toSorted()

describe('zips', () => {
  const zip = (n: number) =>
    zipOf([
      { name: 'file_id.diz', content: `A release [0${n}/02]` },
      { name: `x.r0${n}`, content: 'data'.repeat(n * 1_000) },
    ])

  test('of a set complete it by what their diz says', async () => {
    expect(await put('ana', 'a.zip', zip(1))).toMatch(/^226/)
    expect(await race()).toMatchObject({ value: 'open', context: { expectedCount: 2 } })
    expect(await put('ben', 'b.zip', zip(2))).toMatch(/^226/)
    expect(await race()).toMatchObject({ value: 'complete' })
    await site.tell('ben', `DELE ${release}/b.zip`, '250')
    expect(await race()).toMatchObject({ value: 'open', context: { doneCount: 1 } })
    await put('ana', 'b.zip', zip(2))
    expect(await race()).toMatchObject({ value: 'complete' })
  })

  test.each([
    ['broken', Buffer.alloc(3_000, 7), 'The zip is broken.'],
    [
      'one with a password',
      zipOf([{ name: 'x', content: 'y', isEncrypted: true }]),
      'The zip has a password.',
    ],
  ])('that are %s are not taken', async (_, bytes, words) => {
    expect(await put('ana', 'a.zip', bytes)).toBe(`550 ${words}`)
    expect(await onDisk()).toEqual([])
    await setRules({ testsZips: false })
    expect(await put('ana', 'a.zip', bytes)).toMatch(/^226/)
    await setRules({ testsZips: true })
  })
})

describe('an sfv', () => {
  test('that is better takes the place of another, on the disk too', async () => {
    await put('ana', 'a.rar', 'aaa')
    await put('ana', 'b.rar', 'bbb')
    const wrong = sfvOf({ 'a.rar': 'zzz', 'b.rar': 'bbb', 'c.rar': 'ccc' })
    expect(await put('ben', 'old.sfv', wrong)).toMatch(/^226/)
    expect((await race()).context.files['a.rar']).toMatchObject({ isBad: true })
    expect(await put('ana', 'worse.sfv', sfvOf({ 'a.rar': 'yyy' }))).toMatch(
      /^550 There is an sfv, and this one fits no more/,
    )
    const right = sfvOf({ 'a.rar': 'aaa', 'b.rar': 'bbb' })
    expect(await put('ana', 'new.sfv', right)).toMatch(/^226/)
    expect(await race()).toMatchObject({ value: 'complete', context: { doneCount: 2 } })
    expect(await onDisk()).toEqual(['a.rar', 'b.rar', 'new.sfv'])
  })

  test('of the same name grows by who has brought it, and is a dupe to others', async () => {
    await put('ana', 'x.sfv', sfvOf({ 'a.rar': 'aaa' }))
    expect(await put('ben', 'x.sfv', sfvOf({ 'a.rar': 'aaa' }))).toMatch(/^553 .*uploaded by ana/)
    const larger = sfvOf({ 'a.rar': 'aaa', 'b.rar': 'bbb' })
    expect(await put('ana', 'x.sfv', larger)).toMatch(/^226/)
    expect((await race()).context).toMatchObject({ expectedCount: 2, fileCount: 1 })
    const path = site.ftp.sitePath(...release.slice(1).split('/'), 'x.sfv')
    expect(await readFile(path, 'utf8')).toBe(larger)
  })

  test('matches names whatever their case, and names each file once', async () => {
    await put('ana', 'x.sfv', sfvOf({ 'FILE.RAR': 'aaa', 'Two.r00': 'bbb' }))
    expect(await put('ben', 'file.rar', 'bad')).toMatch(/^550 Bad CRC32/)
    expect(await put('ben', 'file.rar', 'aaa')).toMatch(/^226/)
    expect(await put('ana', 'FILE.RAR', 'aaa')).toMatch(/^553 .*uploaded by ben/)
    await put('ana', 'two.r00', 'bbb')
    expect(await race()).toMatchObject({ value: 'complete' })
    expect(await onDisk()).toEqual(['file.rar', 'two.r00', 'x.sfv'])
  })

  test('with names in an old code page and a byte order mark is read', async () => {
    const line = (name: Buffer | string) =>
      Buffer.concat([Buffer.from(name as string), Buffer.from(sfvOf({ '': 'aaa' }))])
    expect(await put('ana', 'l.sfv', line(Buffer.from('caf\u00e9.rar', 'latin1')))).toMatch(/^226/)
    expect(await put('ana', 'u.sfv', line('\uFEFFn\u00e4me.rar'))).toMatch(/^226/)
    expect(Object.keys((await race()).context.expected)).toEqual(['caf\u00e9.rar', 'n\u00e4me.rar'])
  })
})

test('a release is complete again after a file was deleted and brought anew', async () => {
  await put('ana', 'x.sfv', sfvOf({ 'a.rar': 'aaa', 'b.rar': 'bbb' }))
  await put('ana', 'a.rar', 'aaa')
  await put('ben', 'b.rar', 'bbb')
  await site.tell('ben', `DELE ${release}/b.rar`, '250')
  await put('ana', 'b.rar', 'bbb')
  const name = release.split('/').at(-1)!
  await expect
    .poll(async () => (await site.announced()).filter((line) => line.includes(`] ${name}: `)))
    .toEqual([
      expect.stringMatching(/new release by ana/),
      expect.stringMatching(/sfv is here: 2 files expected \(RAR\)/),
      expect.stringMatching(/race started by ana/),
      expect.stringMatching(/halfway/),
      expect.stringMatching(/ben\/OTHER joins the race/),
      expect.stringMatching(/complete: 2 files \(RAR\).*Groups: 1\. CREW .*Fastest: /),
      expect.stringMatching(/b\.rar was deleted by ben/),
      expect.stringMatching(/incomplete again: 1 file missing/),
      expect.stringMatching(/complete: 2 files \(RAR\)/),
    ])
})

test('discs in directories of their own are one release', async () => {
  for (const disc of ['CD1', 'CD2']) await site.tell('ana', `MKD ${release}/${disc}`, '257')
  for (const disc of ['CD1', 'CD2']) {
    expect(await race()).toMatchObject({ value: 'open' })
    await put('ana', `${disc}/x.sfv`, sfvOf({ 'a.bin': disc }))
    await put('ana', `${disc}/a.bin`, disc)
  }
  expect(await race()).toMatchObject({ value: 'complete', context: { expectedCount: 2 } })
})

test('what moves at a place without statistics is credited and not counted', async () => {
  await setRights(site.system, `${DEFAULT_RIGHTS_TEXT}\nnostats ${release}/* -ben`)
  await put('ben', 'outside.rar', 'aaa')
  await put('ana', 'inside.rar', 'bbb')
  for (const name of ['ana', 'ben'])
    await (await site.as(name)).retrieve(`RETR ${release}/inside.rar`)
  await setRights(site.system)
  const credited = async () =>
    (await site.facts('ledger.credited')).flatMap(({ data }) => data.cause.file ?? [])
  await expect.poll(credited).toEqual(expect.arrayContaining(['outside.rar', 'inside.rar']))
  const accepted = (await site.facts('race.file-accepted')).map(({ data }) => data)
  const counted = Object.fromEntries(accepted.map((each) => [each.file, each.inStatistics]))
  expect(counted).toMatchObject({ 'outside.rar': false, 'inside.rar': true })
  const sent = (await site.facts('connection.file-sent')).slice(-2)
  expect(sent.map(({ meta, data }) => [meta.by, data.inStatistics])).toEqual([
    ['ana', true],
    ['ben', false],
  ])
})

describe('the rules of a section', () => {
  test('want the sfv, the nfo and one of these before other files', async () => {
    await setRules({ isSfvFirst: true, isNfoFirst: true, isOneNfo: true })
    expect(await put('ana', 'x.sfv', sfvOf({ 'a.rar': 'aaa' }))).toBe('553 Upload the nfo first.')
    expect(await put('ana', 'x.nfo', 'info')).toMatch(/^226/)
    expect(await put('ana', 'y.nfo', 'info')).toMatch(/^553 There is an nfo already/)
    expect(await put('ana', 'a.rar', 'aaa')).toBe('553 Upload the sfv first.')
    expect(await put('ana', 'x.sfv', sfvOf({ 'a.rar': 'aaa' }))).toMatch(/^226/)
    expect(await put('ana', 'a.rar', 'aaa')).toMatch(/^226/)
    await setRules({ isSfvFirst: false, isNfoFirst: false, isOneNfo: false })
  })

  test('say what music may be', async () => {
    const none = { genres: [], bannedGenres: [], yearTo: null, kbpsFrom: null, kbpsTo: null }
    await setRules({ audio: { ...none, yearFrom: 2_020, action: 'refuse' } })
    const old = mp3Of({ TCON: 'Rock', TYER: '1999' })
    expect(await put('ana', 'a.mp3', old)).toBe('550 The year 1999 is not for here: at least 2020.')
    await setRules({ audio: { ...none, yearFrom: 2_020, action: 'warn' } })
    expect(await put('ana', 'a.mp3', old)).toMatch(/^226/)
    expect((await race()).context.audio).toMatchObject({ genre: 'Rock', year: 1999, kbps: 128 })
    expect((await site.facts('race.file-warned')).at(-1)!.data).toMatchObject({
      code: 'audio-year',
      member: 'ana',
    })
    await setRules({ audio: null })
  })

  test('of a speedtest keep no bytes, and say how fast they came', async () => {
    await setRules({ purpose: 'speedtest' })
    const told = /^226 100000 bytes at \d+\.\d MiB\/s; nothing is kept\.$/
    expect(await put('ana', 'test.bin', Buffer.alloc(100_000, 1))).toMatch(told)
    expect(await onDisk()).toEqual([])
    expect(await readdir(site.ftp.stagingPath())).toEqual([])
    expect((await race()).context).toMatchObject({ files: {}, fileCount: 0 })
    expect((await site.facts('race.speed-tested')).at(-1)!.data).toMatchObject({
      sizeBytes: 100_000,
    })
    await expect
      .poll(() => site.announced())
      .toContainEqual(expect.stringMatching(/ana\/CREW sent 97/))
    await setRules({ purpose: 'releases' })
  })
})
