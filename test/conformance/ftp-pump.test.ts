import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import type { DataPump } from '#events/data-pump.ts'
import type { Fact } from '#events/fact.ts'
import { createDataPump } from '#infra/data-pump/data-pump.ts'
import { loadSystemCalls } from '#infra/data-pump/system-calls.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'

const isHere = (await loadSystemCalls()) !== undefined
const BIG_BYTES = 48_000_000
const big = Buffer.alloc(BIG_BYTES, 'a pump moves what no event loop sees. ')
const hex = (content: Buffer): string => crc32(content).toString(16).padStart(8, '0')

describe.skipIf(!isHere)('transfers that a pump moves', () => {
  let pump: DataPump
  let ftp: FtpFixture
  let ana: Awaited<ReturnType<FtpFixture['login']>>
  let release: string
  let count = 0
  /** How many transfers the pump was given. */
  const given = { send: 0, receive: 0 }

  beforeAll(async () => {
    const real = (await createDataPump())!
    pump = {
      send: (part) => (given.send++, real.send(part)),
      receive: (part) => (given.receive++, real.receive(part)),
      stop: () => real.stop(),
    }
    ftp = await startFtp({ pump })
    await ftp.system.addMember({ name: 'ana' })
  })
  afterAll(async () => {
    await ftp.stop()
    await pump.stop()
  })
  beforeEach(async () => {
    given.send = given.receive = 0
    release = `Pumped-${++count}`
    ana = await ftp.login('ana')
    await ana.say(`MKD /incoming/${release}`, '257')
    await ana.say(`CWD /incoming/${release}`, '250')
    return () => ana.close()
  })

  async function lastOf(type: Fact['type']): Promise<Fact | undefined> {
    let last: Fact | undefined
    for await (const fact of ftp.system.log.readAll()) if (fact.type === type) last = fact
    return last
  }

  async function moreThan(bytes: number): Promise<void> {
    let moved = 0
    while (moved <= bytes) {
      moved = Number(/ (\d+) bytes/.exec(await ana.say('STAT', '213'))?.[1] ?? 0)
    }
  }

  test('are whole, with their checksums, and recorded like others', async () => {
    const sfv = `a.bin ${hex(big)}\r\nb.bin 00000001\r\n`
    expect(await ana.store('x.sfv', sfv)).toMatch(/^226/)
    expect(given.receive).toBe(0)
    expect(await ana.store('a.bin', big)).toMatch(`226 ${BIG_BYTES} bytes, CRC32 ${hex(big)}.`)
    expect(await ana.store('b.bin', big)).toMatch(/^550 Bad CRC32/)
    expect(given.receive).toBe(2)
    expect((await readFile(ftp.sitePath('incoming', release, 'a.bin'))).equals(big)).toBe(true)
    const { content, reply } = await ana.retrieve('RETR a.bin')
    expect(reply).toBe(`226 ${BIG_BYTES} bytes sent.`)
    expect(content.equals(big)).toBe(true)
    expect(given.send).toBe(1)
    const sent = await lastOf('connection.file-sent')
    expect(sent?.data).toMatchObject({ file: 'a.bin', sizeBytes: BIG_BYTES, isWhole: true })
  })

  test('begin where REST says, both ways', async () => {
    const half = BIG_BYTES / 2
    const data = await ana.passive()
    await ana.say('STOR a.bin', '150')
    data.write(big.subarray(0, half))
    await moreThan(half - 1)
    ana.write('ABOR\r\n')
    await ana.expect('426')
    await ana.expect('226')
    data.destroy()
    await ana.say(`SIZE a.bin`, `213 ${half}`)
    await ana.say(`REST ${half}`, '350')
    expect(await ana.store('a.bin', big.subarray(half))).toMatch(hex(big))
    await ana.say('REST 47000000', '350')
    const { content } = await ana.retrieve('RETR a.bin')
    expect(content.equals(big.subarray(47_000_000))).toBe(true)
    expect(given).toEqual({ send: 1, receive: 2 })
  })

  test('go over connections that are opened from here, too', async () => {
    const listening = createServer().listen(0, '127.0.0.1')
    await once(listening, 'listening')
    const { port } = listening.address() as { port: number }
    const run = async (line: string, content?: Buffer): Promise<Buffer> => {
      const opened = once(listening, 'connection')
      await ana.say(`EPRT |1|127.0.0.1|${port}|`, '200')
      await ana.say(line, '150')
      const [data] = (await opened) as [Socket]
      if (content) data.end(content)
      const chunks: Buffer[] = []
      for await (const chunk of data) chunks.push(chunk as Buffer)
      data.end()
      await ana.expect('226')
      return Buffer.concat(chunks)
    }
    await run('STOR a.bin', big)
    expect((await run('RETR a.bin')).equals(big)).toBe(true)
    expect(given).toEqual({ send: 1, receive: 1 })
    listening.close()
  })

  async function unread(): Promise<Socket> {
    expect(await ana.store('a.bin', big)).toMatch(/^226/)
    const data = await ana.passive()
    await ana.say('RETR a.bin', '150')
    await moreThan(0)
    return data
  }

  test('end at once for ABOR, and count what was sent until then', async () => {
    const data = await unread()
    await ana.say('ABOR', '426')
    await ana.expect('226')
    let takenBytes = 0
    for await (const chunk of data) takenBytes += (chunk as Buffer).length
    const sent = await lastOf('connection.file-sent')
    expect(sent?.data).toMatchObject({ sizeBytes: takenBytes, isWhole: false })
    expect(takenBytes).toBeLessThan(BIG_BYTES)
  })

  test('end with the session, whose client takes nothing', async () => {
    const data = await unread()
    await ana.close()
    let takenBytes = 0
    for await (const chunk of data) takenBytes += (chunk as Buffer).length
    expect(takenBytes).toBeLessThan(BIG_BYTES)
  })

  test('leave the next one to go on after the client has broken the connection', async () => {
    const data = await unread()
    data.resetAndDestroy()
    await ana.expect('426')
    expect((await ana.retrieve('RETR a.bin')).content.length).toBe(BIG_BYTES)
  })

  test('are not given to it when they are small', async () => {
    expect(await ana.store('a.bin', big)).toMatch(/^226/)
    await ana.say('REST 47999000', '350')
    expect((await ana.retrieve('RETR a.bin')).content.length).toBe(1_000)
    expect(given).toEqual({ send: 0, receive: 1 })
  })
})
