import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'

const sum = (text: string) => crc32(text).toString(16).padStart(8, '0')
const sfvOf = (files: Record<string, string>) =>
  Object.entries(files)
    .map(([name, text]) => `${name} ${sum(text)}\r\n`)
    .join('')

let ftp: FtpFixture
let ana: FtpClient
let root: FtpClient

beforeEach(async () => {
  ftp = await startFtp()
  await ftp.system.addMember({ name: 'ana' })
  await ftp.system.addMember({ name: 'ben' })
  await ftp.system.addMember({ name: 'root', flags: '13' })
  ana = await ftp.login('ana')
  root = await ftp.login('root')
  await ana.say('MKD /incoming/Rel-A', '257')
})
afterEach(() => ftp.stop())

/** `STATE path` of each row, and the last line. */
async function rescan(client: FtpClient, what = '/incoming/Rel-A') {
  const reply = await client.say(`SITE RESCAN ${what}`)
  const lines = reply.split('\n')
  const rows = lines.slice(1, -1).map((line) => {
    const [, state, , , path] = /^200- (\S+)\s+(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    return `${state} ${path}`
  })
  return { reply, rows, last: lines.at(-1)! }
}

const factsOf = async (type: string) => {
  const facts = await Array.fromAsync(ftp.system.log.readAll({}))
  return facts.filter((fact) => fact.type === type)
}

describe('SITE RESCAN', () => {
  test('a release that is as it should be: columns, a total, and nothing recorded', async () => {
    await ana.store('/incoming/Rel-A/rel.sfv', sfvOf({ 'a.bin': 'aaa', 'b.bin': 'bbb' }))
    await ana.store('/incoming/Rel-A/a.bin', 'aaa')
    const before = (await factsOf('race.file-accepted')).length
    const { reply, rows, last } = await rescan(ana)
    expect(rows).toEqual([
      'OK /incoming/Rel-A/a.bin',
      'OK /incoming/Rel-A/rel.sfv',
      'MISSING /incoming/Rel-A/b.bin',
    ])
    expect(reply.split('\n')[0]).toBe('200- STATE    CRC32              SIZE  PATH')
    expect(reply).toContain(`200- OK       ${sum('aaa')}              3  /incoming/Rel-A/a.bin`)
    expect(last).toBe('200 1 release: 2 OK, 1 MISSING.')
    expect((await factsOf('race.file-accepted')).length).toBe(before)
    expect(await factsOf('race.file-found')).toEqual([])
  })

  test('what was done by hand: lost, found, changed, bad', async () => {
    const files = { 'a.bin': 'aaa', 'b.bin': 'bbb', 'c.bin': 'ccc', 'd.bin': 'ddd' }
    await ana.store('/incoming/Rel-A/rel.sfv', sfvOf(files))
    for (const name of ['a.bin', 'b.bin'])
      await ana.store(`/incoming/Rel-A/${name}`, files[name as 'a.bin'])
    await ana.store('/incoming/Rel-A/free.bin', 'free')
    await rm(ftp.sitePath('incoming', 'Rel-A', 'a.bin'))
    await writeFile(ftp.sitePath('incoming', 'Rel-A', 'b.bin'), 'BBB')
    await writeFile(ftp.sitePath('incoming', 'Rel-A', 'c.bin'), 'ccc')
    await writeFile(ftp.sitePath('incoming', 'Rel-A', 'free.bin'), 'freer')
    await mkdir(ftp.sitePath('incoming', 'Rel-A', 'Sample', 'Empty'), { recursive: true })
    await writeFile(ftp.sitePath('incoming', 'Rel-A', 'Sample', 's.bin'), 'sample')
    const { rows } = await rescan(ana)
    expect(rows.toSorted()).toEqual([
      `BAD /incoming/Rel-A/b.bin (changed, and the sfv lists ${sum('bbb')})`,
      'CHANGED /incoming/Rel-A/free.bin',
      'FOUND /incoming/Rel-A/Sample/Empty/',
      'FOUND /incoming/Rel-A/Sample/s.bin',
      'FOUND /incoming/Rel-A/c.bin',
      'LOST /incoming/Rel-A/a.bin',
      'MISSING /incoming/Rel-A/d.bin',
      'OK /incoming/Rel-A/rel.sfv',
    ])
    // What is on record now is what lies there; a second look finds nothing new.
    expect((await root.retrieve('RETR /incoming/Rel-A/c.bin')).content.toString()).toBe('ccc')
    expect(await ana.say('SIZE /incoming/Rel-A/free.bin')).toBe('213 5')
    expect(await ana.say('SIZE /incoming/Rel-A/a.bin')).toMatch(/^550/)
    const again = await rescan(ana)
    expect(again.last).toBe('200 1 release: 4 OK, 1 BAD, 2 MISSING.')
    // Nobody has brought what was found.
    const found = await factsOf('race.file-found')
    expect(found.map(({ meta }) => meta.by)).toEqual([null, null, null, null])
  })

  test('an sfv put there by hand is read, and judges what is there', async () => {
    await ana.store('/incoming/Rel-A/a.bin', 'aaa')
    await ana.store('/incoming/Rel-A/b.bin', 'xxx')
    const text = sfvOf({ 'a.bin': 'aaa', 'b.bin': 'bbb' })
    await writeFile(ftp.sitePath('incoming', 'Rel-A', 'rel.sfv'), text)
    const { rows } = await rescan(root)
    expect(rows).toContain('FOUND /incoming/Rel-A/rel.sfv')
    expect(rows).toContain(`BAD /incoming/Rel-A/b.bin (the sfv that was found lists ${sum('bbb')})`)
    await ana.store('/incoming/Rel-A/b.bin', 'bbb')
    expect((await rescan(ana)).last).toBe('200 1 release: 3 OK.')
    expect(await factsOf('race.completed')).toHaveLength(1)
  })

  test('one file, and one directory', async () => {
    await ana.say('MKD /incoming/Rel-A/CD1', '257')
    await ana.store('/incoming/Rel-A/CD1/a.bin', 'aaa')
    await ana.store('/incoming/Rel-A/b.bin', 'bbb')
    expect((await rescan(ana, '/incoming/Rel-A/b.bin')).rows).toEqual(['OK /incoming/Rel-A/b.bin'])
    expect((await rescan(ana, '/incoming/Rel-A/CD1')).rows).toEqual([
      'OK /incoming/Rel-A/CD1/a.bin',
    ])
    expect((await rescan(ana, '/incoming/Rel-A/none')).reply).toMatch(/^550 /)
    await rm(ftp.sitePath('incoming', 'Rel-A', 'CD1'), { recursive: true })
    expect((await rescan(ana, '/incoming/Rel-A/CD1')).rows).toEqual([
      'LOST /incoming/Rel-A/CD1/a.bin',
      'LOST /incoming/Rel-A/CD1/',
    ])
    expect(await ana.say('CWD /incoming/Rel-A/CD1')).toMatch(/^550/)
  })

  test('links are told of and never followed, nor what could be no name', async () => {
    const outside = ftp.sitePath('..', 'outside')
    await mkdir(outside)
    await writeFile(`${outside}/secret`, 'secret')
    await symlink(outside, ftp.sitePath('incoming', 'Rel-A', 'CD1'))
    await symlink(`${outside}/secret`, ftp.sitePath('incoming', 'Rel-A', 'a.bin'))
    await symlink(outside, ftp.sitePath('incoming', 'Linked'))
    await writeFile(ftp.sitePath('incoming', 'Rel-A', 'back\\slash'), 'x')
    await writeFile(ftp.sitePath('incoming', 'Rel-A', 'empty'), '')
    await writeFile(ftp.sitePath('incoming', 'Rel-A', '(incomplete)-x'), 'x')
    const { rows } = await rescan(root, '/incoming')
    expect(rows.toSorted()).toEqual([
      'SKIPPED /incoming/Linked (a symbolic link, which is not followed)',
      'SKIPPED /incoming/Rel-A (it holds a name that nothing on the site may have)',
      'SKIPPED /incoming/Rel-A/(incomplete)-x (the name of a status entry)',
      'SKIPPED /incoming/Rel-A/CD1 (a symbolic link, which is not followed)',
      'SKIPPED /incoming/Rel-A/a.bin (a symbolic link, which is not followed)',
      'SKIPPED /incoming/Rel-A/empty (an empty file)',
    ])
    expect(await factsOf('race.file-found')).toEqual([])
    expect((await ana.retrieve('LIST /incoming/Rel-A')).content.toString()).toBe('')
    expect((await ana.retrieve('LIST /incoming')).content.toString()).not.toContain('Linked')
    expect(await ana.say('CWD /incoming/Linked')).toMatch(/^550/)
  })

  test('releases made and removed by hand; -all is the whole site', async () => {
    await ana.store('/incoming/Rel-A/a.bin', 'aaa')
    await ana.say('MKD /incoming/Rel-B', '257')
    await mkdir(ftp.sitePath('incoming', 'By-Hand', 'CD1'), { recursive: true })
    await writeFile(ftp.sitePath('incoming', 'By-Hand', 'CD1', 'x.bin'), 'xxx')
    await mkdir(ftp.sitePath('stray'))
    await rm(ftp.sitePath('incoming', 'Rel-A'), { recursive: true })
    expect((await rescan(ana, '-all')).reply).toMatch(/^550 /)
    const { rows, last } = await rescan(root, '-all')
    expect(rows.toSorted()).toEqual([
      'FOUND /incoming/By-Hand/',
      'FOUND /incoming/By-Hand/CD1/x.bin',
      'LOST /incoming/Rel-A (the whole release)',
      'LOST /incoming/Rel-A/a.bin',
      'SKIPPED /stray (no section of the site is called so)',
    ])
    expect(last).toContain('3 releases')
    expect((await ana.retrieve('NLST /incoming')).content.toString()).toBe(
      '(no-sfv)-By-Hand\r\nBy-Hand\r\nRel-B\r\n',
    )
    // The release has no owner: it is the site's.
    expect(await ana.say('RMD /incoming/By-Hand')).toMatch(/^550/)
    expect((await rescan(ana, '/incoming/By-Hand')).last).toBe('200 1 release: 1 OK.')
  })

  test('a disk that is not mounted takes nothing away', async () => {
    await ana.store('/incoming/Rel-A/a.bin', 'aaa')
    await rename(ftp.sitePath('incoming'), ftp.sitePath('..', 'away'))
    expect((await rescan(root, '-all')).reply).toMatch(/^200- SKIPPED .* \/incoming .*mounted/m)
    for (const what of ['/incoming/Rel-A', '/incoming', '/incoming/Rel-A/a.bin']) {
      expect((await rescan(root, what)).reply).toMatch(/^550 .*mounted/)
    }
    await mkdir(ftp.sitePath('incoming'))
    expect((await rescan(root, '/incoming')).reply).toMatch(/^550 .*mounted/)
    expect(await factsOf('race.file-lost')).toEqual([])
  })

  test('what is under way, or waits for its place, is neither lost nor found', async () => {
    const data = await ana.passive()
    await ana.say('STOR /incoming/Rel-A/a.bin', '150')
    await writeFile(ftp.sitePath('incoming', 'Rel-A', 'a.bin'), 'by hand')
    const { rows } = await rescan(root)
    expect(rows).toEqual(['BUSY /incoming/Rel-A/a.bin (it is being uploaded)'])
    data.end('uploaded')
    await ana.expect('226')
    expect((await rescan(root)).last).toBe('200 1 release: 1 OK.')
  })

  test('an accepted file that a failing disk has kept from its place is not lost', async () => {
    await ana.store('/incoming/Rel-A/a.bin', 'aaa')
    const [accepted] = await factsOf('race.file-accepted')
    const { uploadId } = accepted!.data as { uploadId: string }
    const race = accepted!.stream.slice('race-'.length)
    const [placed, staged] = [
      ftp.sitePath('incoming', 'Rel-A', 'a.bin'),
      ftp.stagingPath(`${race}.${uploadId}.part`),
    ]
    await rename(placed, staged)
    expect((await rescan(ana)).rows).toEqual([
      'BUSY /incoming/Rel-A/a.bin (it is changing, or waits for its place)',
    ])
    await rename(staged, placed)
    expect((await rescan(ana)).last).toBe('200 1 release: 1 OK.')
  })

  test('ABOR ends it', async () => {
    await ana.store('/incoming/Rel-A/a.bin', 'aaa')
    await rm(ftp.sitePath('incoming', 'Rel-A', 'a.bin'))
    ana.write('SITE RESCAN /incoming/Rel-A\r\nABOR\r\n')
    await ana.expect('200 Given up.')
    await ana.expect('226')
    expect(await factsOf('race.file-lost')).toEqual([])
  })

  test('who may not see, and who may not bring or delete', async () => {
    await ana.store('/incoming/Rel-A/a.bin', 'aaa')
    await setRights(ftp.system, 'privpath /incoming/Rel-A 1\nlist /* *\nupload /* *')
    const ben = await ftp.login('ben')
    const hidden = await rescan(ben, '/incoming/Rel-A')
    const absent = await rescan(ben, '/incoming/Rel-X')
    expect(hidden.reply.replaceAll('Rel-A', 'Rel-X')).toBe(absent.reply)
    await setRights(ftp.system, 'list /* *\nupload /* =NONE 1\ndelete /* 1')
    expect((await rescan(ben)).reply).toMatch(/^550 /)
    expect((await rescan(root)).last).toBe('200 1 release: 1 OK.')
    // Who may delete in the section, and does not see all of it.
    await setRights(ftp.system, 'privpath /incoming/Rel-A 1\nlist /* *\ndelete /* *')
    await rm(ftp.sitePath('incoming', 'Rel-A', 'a.bin'))
    expect((await rescan(ben, '/incoming')).reply).toBe('200 0 releases: nothing there.')
  })
})
