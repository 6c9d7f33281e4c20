import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect as connectPlain, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import {
  connect,
  type ConnectionOptions,
  createSecureContext,
  type SecureVersion,
  TLSSocket,
} from 'node:tls'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import type { DataPump } from '#events/data-pump.ts'
import type { Fact } from '#events/fact.ts'
import { createDataPump } from '#infra/data-pump/data-pump.ts'
import { loadCertificate } from '#infra/tls/certificate.ts'
import type { FtpClient } from '#test/conformance/ftp-client.ts'
import { type FtpFixture, startFtp } from '#test/conformance/ftp-fixture.ts'

const isHere = (await createDataPump())?.secure !== undefined
const BIG_BYTES = 48_000_000
const big = Buffer.alloc(BIG_BYTES, 'a pump moves what no event loop sees. ')
const hex = (content: Buffer): string => crc32(content).toString(16).padStart(8, '0')

describe.skipIf(!isHere)('TLS transfers that a pump moves', () => {
  let pump: DataPump
  let ftp: FtpFixture
  let ana: FtpClient
  let release: string
  let count = 0
  /** How many connections and transfers the pump was given. */
  const pumped = { secure: 0, send: 0, receive: 0 }

  beforeAll(async () => {
    const real = (await createDataPump())!
    pump = {
      secure: (socket, as) => (pumped.secure++, real.secure!(socket, as)),
      send: (part) => (pumped.send++, real.send(part)),
      receive: (part) => (pumped.receive++, real.receive(part)),
      stop: () => real.stop(),
    }
    ftp = await startFtp({ pump, limits: { dataConnectMs: 1_000 } })
    await ftp.system.addMember({ name: 'ana' })
  })
  afterAll(async () => {
    await ftp.stop()
    await pump.stop()
  })
  beforeEach(async () => {
    Object.assign(pumped, { secure: 0, send: 0, receive: 0 })
    release = `Secured-${++count}`
    ana = await ftp.loginSecured()
    await ana.say('TYPE I', '200')
    await ana.say(`MKD /incoming/${release}`, '257')
    await ana.say(`CWD /incoming/${release}`, '250')
    return () => ana.close()
  })

  const secured = (socket: Socket, options: ConnectionOptions = {}): TLSSocket => {
    const data = connect({ socket, rejectUnauthorized: false, ...options })
    data.on('error', () => {})
    return data
  }
  async function begin(line: string, options?: ConnectionOptions) {
    const raw = await ana.passive()
    ana.write(`${line}\r\n`)
    await ana.expect('150')
    return { raw, data: secured(raw, options) }
  }
  async function store(line: string, content: Buffer, options?: ConnectionOptions) {
    const { data } = await begin(line, options)
    data.resume().end(content)
    return (await ana.read())!
  }
  async function contentOf(data: Socket): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of data) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }
  async function retrieve(line: string, options?: ConnectionOptions): Promise<Buffer> {
    const { data } = await begin(line, options)
    const content = await contentOf(data)
    await ana.expect('226')
    return content
  }
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

  /** What a client may go on with that has said no more than AUTH TLS. */
  async function controlSession(options: ConnectionOptions): Promise<Buffer> {
    const socket = connectPlain({ port: ftp.port, host: '127.0.0.1' })
    await once(socket, 'data')
    socket.write('AUTH TLS\r\n')
    await once(socket, 'data')
    const control = secured(socket, options).resume()
    const [session] = (await once(control, 'session')) as [Buffer]
    control.destroy()
    return session
  }

  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('with %s', (version: SecureVersion) => {
    const only = { minVersion: version, maxVersion: version }

    test('are whole, with their checksums, and recorded like others', async () => {
      await ana.say('PROT P', '200')
      expect(
        await store('STOR x.sfv', Buffer.from(`a.bin ${hex(big)}\r\nb.bin 00000001\r\n`)),
      ).toMatch(/^226/)
      expect(pumped.secure).toBe(0)
      expect(await store('STOR a.bin', big, only)).toBe(
        `226 ${BIG_BYTES} bytes, CRC32 ${hex(big)}.`,
      )
      expect((await readFile(ftp.sitePath('incoming', release, 'a.bin'))).equals(big)).toBe(true)
      expect((await retrieve('RETR a.bin', only)).equals(big)).toBe(true)
      expect(pumped).toEqual({ secure: 2, send: 1, receive: 1 })
      const sent = await lastOf('connection.file-sent')
      expect(sent?.data).toMatchObject({ file: 'a.bin', sizeBytes: BIG_BYTES, isWhole: true })
    })

    test('resume the session of the control connection, and are resumed by listings', async () => {
      const { data } = await begin('STOR a.bin', { ...only, session: await controlSession(only) })
      await once(data, 'secureConnect')
      expect(data.isSessionReused()).toBe(true)
      expect(data.getProtocol()).toBe(version)
      data.resume().end(big)
      await ana.expect('226')
      const next = await begin('STOR b.bin', only)
      const given = once(next.data, 'session')
      next.data.resume().end(big)
      await ana.expect('226')
      // A listing is not for the pump: what goes on there is Node's.
      const [session] = (await given) as [Buffer]
      const listing = await begin('NLST', { ...only, session })
      await once(listing.data, 'secureConnect')
      expect(listing.data.isSessionReused()).toBe(true)
      expect(String(await contentOf(listing.data))).toContain('a.bin')
      await ana.expect('226')
      expect(pumped).toEqual({ secure: 2, send: 0, receive: 2 })
    })
  })

  test('begin where REST says, both ways', async () => {
    const half = BIG_BYTES / 2
    const { raw, data } = await begin('STOR a.bin')
    data.write(big.subarray(0, half))
    await moreThan(half - 1)
    ana.write('ABOR\r\n')
    await ana.expect('426')
    await ana.expect('226')
    raw.destroy()
    await ana.say(`SIZE a.bin`, `213 ${half}`)
    await ana.say(`REST ${half}`, '350')
    expect(await store('STOR a.bin', big.subarray(half))).toMatch(hex(big))
    await ana.say('REST 47000000', '350')
    expect((await retrieve('RETR a.bin')).equals(big.subarray(47_000_000))).toBe(true)
    expect(pumped).toEqual({ secure: 3, send: 1, receive: 2 })
  })

  test('begin TLS as its client after CPSV', async () => {
    const secureContext = createSecureContext(
      await loadCertificate({ dataDir: ftp.dataDir, now: Date.now() }),
    )
    const asServer = async (line: string): Promise<TLSSocket> => {
      const [, high, low] = /,(\d+),(\d+)\)/.exec(await ana.say('CPSV', '227'))!
      const socket = connectPlain({ port: Number(high) * 256 + Number(low), host: '127.0.0.1' })
      await once(socket, 'connect')
      ana.write(`${line}\r\n`)
      await ana.expect('150')
      return new TLSSocket(socket, { isServer: true, secureContext })
    }
    const data = await asServer('STOR a.bin')
    data.resume().end(big)
    await ana.expect('226')
    expect((await contentOf(await asServer('RETR a.bin'))).equals(big)).toBe(true)
    await ana.expect('226')
    expect(pumped).toEqual({ secure: 2, send: 1, receive: 1 })
  })

  async function unread(): Promise<{ raw: Socket; data: TLSSocket }> {
    expect(await store('STOR a.bin', big)).toMatch(/^226/)
    const begun = await begin('RETR a.bin')
    begun.data.pause()
    await moreThan(0)
    return begun
  }

  test('end at once for ABOR, and count what was sent until then', async () => {
    const { data } = await unread()
    await ana.say('ABOR', '426')
    await ana.expect('226')
    let takenBytes = 0
    data.on('data', (chunk: Buffer) => (takenBytes += chunk.length)).resume()
    await once(data, 'close')
    const sent = await lastOf('connection.file-sent')
    expect(sent?.data).toMatchObject({ sizeBytes: takenBytes, isWhole: false })
    expect(takenBytes).toBeLessThan(BIG_BYTES)
  })

  test('wait for a slow reader', async () => {
    const { data } = await unread()
    expect(await contentOf(data)).toHaveLength(BIG_BYTES)
    await ana.expect('226')
  })

  test('leave the next one to go on after the client has broken the connection', async () => {
    const { raw } = await unread()
    raw.destroy()
    await ana.expect('426')
    expect(await retrieve('RETR a.bin')).toHaveLength(BIG_BYTES)
  })

  test('are not whole when the connection is reset', async () => {
    const raw = await ana.passive()
    await ana.say('STOR a.bin', '150')
    // Node resets no connection that TLS goes over by itself.
    const data = secured(Duplex.from({ readable: raw, writable: raw }) as Socket)
    data.write(big.subarray(0, 1_000_000))
    await moreThan(999_999)
    raw.resetAndDestroy()
    await ana.expect('426')
    await ana.say('SIZE a.bin', '213 1000000')
  })

  test('have no data connection when the handshake fails, or does not come about', async () => {
    for (const say of ['this is no TLS\r\n', undefined]) {
      const raw = await ana.passive()
      await ana.say('STOR a.bin', '150')
      if (say) raw.end(say)
      await ana.expect('425')
      raw.destroy()
    }
    expect(pumped).toEqual({ secure: 2, send: 0, receive: 0 })
    expect(await store('STOR a.bin', big)).toMatch(/^226/)
  })

  test('end for ABOR while there is no handshake yet', async () => {
    const raw = await ana.passive()
    await ana.say('STOR a.bin', '150')
    while (pumped.secure === 0) await new Promise((resolve) => setImmediate(resolve))
    const closed = once(raw.resume(), 'close')
    await ana.say('ABOR', '42')
    await ana.expect('226')
    await closed
    expect(pumped).toEqual({ secure: 1, send: 0, receive: 0 })
  })

  test('are not given to it when they are small', async () => {
    expect(await store('STOR a.bin', big)).toMatch(/^226/)
    await ana.say('REST 47999000', '350')
    expect(await retrieve('RETR a.bin')).toHaveLength(1_000)
    expect(pumped).toEqual({ secure: 1, send: 0, receive: 1 })
  })

  test('show a new certificate, and do not resume sessions of the old one', async () => {
    let session: Buffer | undefined
    const store = async (file: string) => {
      const { data } = await begin(`STOR ${file}`, session && { session })
      data.on('session', (given: Buffer) => (session = given))
      await once(data, 'secureConnect')
      const { serialNumber } = data.getPeerCertificate()
      const isReused = data.isSessionReused()
      data.resume().end(big)
      await ana.expect('226')
      return { serialNumber, isReused }
    }
    const before = await store('a.bin')
    expect((await store('b.bin')).isReused).toBe(true)
    const other = await startFtp()
    const pair = await loadCertificate({ dataDir: other.dataDir, now: Date.now() })
    await other.stop()
    ftp.gateway.useCertificate(pair)
    const after = await store('c.bin')
    expect(after.isReused).toBe(false)
    expect(after.serialNumber).not.toBe(before.serialNumber)
  })
})
