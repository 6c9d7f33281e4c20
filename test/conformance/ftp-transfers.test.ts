import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'

const hex = (content: string): string => crc32(content).toString(16).padStart(8, '0')
const sfvOf = (files: Record<string, string>): string =>
  Object.entries(files)
    .map(([name, content]) => `${name} ${hex(content)}\r\n`)
    .join('')

describe('transfers', () => {
  let ftp: FtpFixture
  let ana: FtpClient
  let release: string
  let count = 0

  beforeAll(async () => {
    ftp = await startFtp({ limits: { dataConnectMs: 500 } })
    await ftp.system.addMember({ name: 'ana' })
    await ftp.system.addMember({ name: 'bo' })
  })
  afterAll(() => ftp.stop())
  beforeEach(async () => {
    release = `Release-${++count}`
    ana = await ftp.login('ana')
    await ana.say(`MKD /incoming/${release}`, '257')
    await ana.say(`CWD /incoming/${release}`, '250')
    return () => ana.close()
  })

  async function facts(): Promise<Fact[]> {
    const all: Fact[] = []
    for await (const fact of ftp.system.log.readAll()) all.push(fact)
    return all
  }
  const staged = async (): Promise<string[]> => await readdir(ftp.stagingPath())

  test('a file goes up whole, is recorded with its CRC32, and comes down the same', async () => {
    const content = Buffer.alloc(3_000_001, 'veza')
    expect(await ana.store('a.bin', content)).toMatch(/^226 3000001 bytes, CRC32 [0-9a-f]{8}\.$/)
    expect((await readFile(ftp.sitePath('incoming', release, 'a.bin'))).equals(content)).toBe(true)
    expect(await staged()).toEqual([])
    const accepted = (await facts()).findLast((fact) => fact.type === 'race.file-accepted')
    expect(accepted?.data).toMatchObject({
      file: 'a.bin',
      crc32: crc32(content).toString(16).padStart(8, '0'),
    })
    const { content: down, reply } = await ana.retrieve('RETR a.bin')
    expect(reply).toMatch(/^226/)
    expect(down.equals(content)).toBe(true)
    const sent = (await facts()).findLast((fact) => fact.type === 'connection.file-sent')
    expect(sent?.data).toMatchObject({ file: 'a.bin', sizeBytes: 3_000_001, isWhole: true })
    await ana.say('SIZE a.bin', '213 3000001')
    expect(await ana.say('MDTM a.bin')).toMatch(/^213 \d{14}$/)
  })

  test('a download begins where REST says, not beyond the end', async () => {
    await ana.store('a.bin', '0123456789')
    await ana.say('REST 7', '350')
    expect((await ana.retrieve('RETR a.bin')).content.toString()).toBe('789')
    await ana.say('REST 11', '350')
    expect((await ana.retrieve('RETR a.bin')).reply).toMatch(/^554/)
    expect((await ana.retrieve('RETR a.bin')).content.toString()).toBe('0123456789')
  })

  test.each(['PWD', 'NOOP', 'SIZE a.bin', 'NLST'])('REST does not outlive %s', async (line) => {
    await ana.store('a.bin', '0123456789')
    await ana.say('REST 7', '350')
    if (line === 'NLST') await ana.list(line)
    else await ana.say(line, '2')
    expect((await ana.retrieve('RETR a.bin')).content.toString()).toBe('0123456789')
  })

  test.each(['TYPE I', 'MODE S', 'STRU F', 'PASV'])('REST stays set over %s', async (line) => {
    await ana.store('a.bin', '0123456789')
    await ana.say('REST 7', '350')
    await ana.say(line, '2')
    expect((await ana.retrieve('RETR a.bin')).content.toString()).toBe('789')
  })

  test('a dupe is refused before its first byte, and leaves no fact', async () => {
    await ana.store('a.bin', 'one')
    const before = (await facts()).length
    expect(await ana.store('a.bin', 'two')).toMatch(/^553 .*uploaded by ana/)
    expect((await facts()).length).toBe(before)
    expect(await staged()).toEqual([])
  })

  test('files have their place in releases alone', async () => {
    expect(await ana.store('/incoming/loose.bin', 'x')).toMatch(/^553/)
    expect(await ana.store('/loose', 'x')).toMatch(/^553/)
    expect(await ana.store(`/incoming/${release}`, 'x')).toMatch(/^550/)
    expect(await ana.store('nowhere/x', 'x')).toMatch(/^550/)
    expect(await ana.store('/incoming/None/x', 'x')).toMatch(/^550/)
    expect(await ana.store('x'.repeat(300), 'x')).toMatch(/^553/)
    expect(await ana.store('a\u0001b', 'x')).toMatch(/^553/)
    expect(await ana.store('../../../escape', 'x')).toMatch(/^553/)
    await ana.say('MKD CD1', '257')
    expect(await ana.store('CD1/x', 'x')).toMatch(/^226/)
    expect(existsSync(ftp.sitePath('incoming', release, 'CD1', 'x'))).toBe(true)
  })

  test('a file that the sfv knows otherwise is rejected and gone', async () => {
    await ana.store('x.sfv', sfvOf({ 'a.rar': 'good' }))
    expect(await ana.store('a.rar', 'evil')).toMatch(/^550 Bad CRC32/)
    expect(await ana.list('NLST')).toContain('a.rar-missing')
    expect(await staged()).toEqual([])
    expect(await ana.store('empty.rar', '')).toMatch(/^550 The file is empty/)
    expect(await ana.store('y.sfv', 'no sfv at all')).toMatch(/^550/)
  })

  test('an upload that breaks off can be resumed by its member with REST and with APPE', async () => {
    const breakOff = async (): Promise<void> => {
      const data = await ana.passive()
      await ana.say('STOR a.bin', '150')
      data.write('01234')
      // The bytes have to arrive before the word that ends it.
      for (let progress = ''; !progress.includes(' 5 bytes');)
        progress = await ana.say('STAT', '213')
      ana.write(Buffer.from([255, 244, 255, 242]))
      ana.write('ABOR\r\n')
      await ana.expect('426')
      await ana.expect('226')
      data.destroy()
    }
    await breakOff()
    expect(await ana.list('NLST')).toEqual([])
    await ana.say('SIZE a.bin', '213 5')
    const bo = await ftp.login('bo')
    await bo.say(`SIZE /incoming/${release}/a.bin`, '550')
    await bo.say('REST 5', '350')
    expect(await bo.store(`/incoming/${release}/a.bin`, '56789')).toMatch(/^554/)
    await bo.close()
    await ana.say('REST 9', '350')
    expect(await ana.store('a.bin', 'x')).toMatch(/^554/)
    await ana.say('REST 3', '350')
    expect(await ana.store('a.bin', '3456789')).toBe(`226 10 bytes, CRC32 ${hex('0123456789')}.`)
    expect(await readFile(ftp.sitePath('incoming', release, 'a.bin'), 'utf8')).toBe('0123456789')
    expect(await staged()).toEqual([])

    await ana.say('DELE a.bin', '250')
    await breakOff()
    expect(await ana.store('a.bin', '56789', 'APPE')).toBe(
      `226 10 bytes, CRC32 ${hex('0123456789')}.`,
    )
    expect(await ana.store('a.bin', 'more', 'APPE')).toMatch(/^553/)
  })

  test('during a transfer NOOP and STAT are answered, the rest waits in order', async () => {
    const data = await ana.passive()
    await ana.say('STOR a.bin', '150')
    data.write('abc')
    ana.write('PWD\r\nNOOP\r\nQUIT\r\n')
    await ana.expect('200')
    data.end()
    await ana.expect('226 3 bytes')
    await ana.expect('257')
    await ana.expect('221')
    expect(await ana.read()).toBeUndefined()
  })

  test('commands sent together are answered in order', async () => {
    ana.write('PWD\r\nSYST\r\nMKD CD1\r\nCWD CD1\r\nPWD\r\nCDUP\r\nRMD CD1\r\n')
    const codes = []
    for (let n = 0; n < 7; n++) codes.push((await ana.expect('2')).slice(0, 3))
    expect(codes).toEqual(['257', '215', '257', '250', '257', '250', '250'])
  })

  test('a new PASV gives up a transfer that waits, and drops the old port', async () => {
    const first = /\|\|\|(\d+)\|/.exec(await ana.say('EPSV', '229'))![1]
    await ana.say('STOR a.bin', '150')
    ana.write('EPSV\r\n')
    await ana.expect('425')
    await ana.expect('229')
    const late = connect({ port: Number(first), host: '127.0.0.1' })
    await expect(
      new Promise((resolve) => late.once('error', (e) => resolve((e as any).code))),
    ).resolves.toBe('ECONNREFUSED')
    expect(await ana.store('a.bin', 'abc')).toMatch(/^226/)
  })

  test('a data connection that never comes ends with 425', async () => {
    await ana.say('PASV', '227')
    await ana.say('STOR a.bin', '150')
    await ana.expect('425 No data connection within the time')
    expect(await ana.list('NLST')).toEqual([])
    await ana.say('PORT 127,0,0,1,255,255', '200')
    await ana.say('LIST', '150')
    await ana.expect('425')
  })

  test('the client may be the one who listens', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const received = new Promise<string>((resolve) =>
      server.once('connection', (data) => {
        let text = ''
        data.on('data', (chunk: Buffer) => (text += chunk.toString()))
        data.on('end', () => resolve(text))
      }),
    )
    await ana.say(`PORT 127,0,0,1,${port >> 8},${port & 255}`, '200')
    await ana.say('NLST /', '150')
    await ana.expect('226')
    expect(await received).toBe('incoming\r\n')
    server.close()
  })

  test('only owners delete and rename, and a release must be empty to go', async () => {
    await ana.store('a.bin', 'abc')
    const bo = await ftp.login('bo')
    await bo.say(`DELE /incoming/${release}/a.bin`, '550 a.bin belongs to ana')
    await bo.close()
    await ana.say(`RMD /incoming/${release}`, '550')
    await ana.say('RNFR a.bin', '350')
    await ana.say('RNTO b.bin', '250')
    expect((await ana.retrieve('RETR b.bin')).content.toString()).toBe('abc')
    await ana.say('DELE b.bin', '250')
    await ana.say('DELE b.bin', '550')
    await ana.say('CWD /', '250')
    await ana.say(`RMD /incoming/${release}`, '250')
    expect(existsSync(ftp.sitePath('incoming', release))).toBe(false)
    await ana.say(`MKD /incoming/${release}`, '257')
    expect(await staged()).toEqual([])
  })

  test('a renamed release keeps its files', async () => {
    await ana.store('a.bin', 'abc')
    await ana.say('CWD /incoming', '250')
    await ana.say(`RNFR ${release}`, '350')
    await ana.say(`RNTO ${release}-b`, '250')
    expect((await ana.retrieve(`RETR ${release}-b/a.bin`)).content.toString()).toBe('abc')
    expect(await readdir(ftp.sitePath('incoming', `${release}-b`))).toEqual(['a.bin'])
    expect(await ana.store(`${release}-b/b.bin`, 'b')).toMatch(/^226/)
  })

  test('a symlink that somebody has put there leads nowhere', async () => {
    await ana.store('a.bin', 'abc')
    await ana.say('MKD CD1', '257')
    await ana.store('CD1/c.bin', 'abc')
    const folder = ftp.sitePath('incoming', release)
    const outside = ftp.stagingPath('..', 'outside')
    await mkdir(outside, { recursive: true })
    await writeFile(`${outside}/c.bin`, 'secret')
    const { rm } = await import('node:fs/promises')
    await rm(`${folder}/a.bin`)
    await symlink(`${outside}/c.bin`, `${folder}/a.bin`)
    expect((await ana.retrieve('RETR a.bin')).reply).toMatch(/^550/)
    await rm(`${folder}/CD1`, { recursive: true })
    await symlink(outside, `${folder}/CD1`)
    expect((await ana.retrieve('RETR CD1/c.bin')).reply).toMatch(/^550/)
    expect(await ana.store('CD1/d.bin', 'abc')).toMatch(/^451/)
    await ana.say('DELE CD1/c.bin', '451')
    expect(await readdir(outside)).toEqual(['c.bin'])
  })

  test('SITE WHO shows who is on', async () => {
    expect(await ana.say('SITE WHO')).toContain('ana/GRP')
  })
})
