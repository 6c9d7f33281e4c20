import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import type { DataPump, PumpedPart } from '#events/data-pump.ts'
import { DiskTrouble } from '#events/site-files.ts'

import { createDataPump } from '#infra/data-pump/data-pump.ts'
import { loadSystemCalls } from '#infra/data-pump/system-calls.ts'

const isHere = (await loadSystemCalls()) !== undefined
const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, n) => (n * 7) % 251))

describe.skipIf(!isHere)('the data pump', () => {
  let pump: DataPump
  beforeAll(async () => {
    pump = (await createDataPump())!
  })
  afterAll(() => pump.stop())

  /** Both ends of a connection: the first is a paused one, as the gateway has it. */
  async function pair(): Promise<{ own: Socket; other: Socket }> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const other = connect({ port, host: '127.0.0.1' })
    const [own] = (await once(server, 'connection')) as [Socket]
    server.close()
    onTestFinished(() => void own.destroy())
    onTestFinished(() => void other.destroy())
    return { own, other }
  }

  let files = 0
  async function makeFile(bytes: Buffer = Buffer.alloc(0)) {
    const path = join(tmpdir(), `veza-pump-${process.pid}-${files++}`)
    const handle = await open(path, 'w+')
    await handle.write(bytes)
    onTestFinished(() => handle.close())
    return { path, handle }
  }

  /** What a transfer is told with, and what it tells. */
  function following(own: Socket, file: number, grantedBytes = Number.MAX_SAFE_INTEGER) {
    const told = { bytes: 0, crc32: 0 }
    // oxlint-disable-next-line no-underscore-dangle -- Node has no other name for it
    const socket = (own as unknown as { _handle: { fd: number } })._handle.fd
    const part: PumpedPart = {
      socket,
      file,
      offsetBytes: 0,
      grantedBytes,
      moved(bytes, crc) {
        told.bytes += bytes
        told.crc32 = crc
      },
    }
    return { part, told }
  }

  async function takeAll(other: Socket): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of other) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }

  test('sends a part of a file, and no more', async () => {
    const { own, other } = await pair()
    const { handle } = await makeFile(content)
    const { part, told } = following(own, handle.fd)
    const taken = takeAll(other)
    await pump.send({ ...part, offsetBytes: 1_000, endBytes: 2_000_000 }).over
    own.end()
    expect((await taken).equals(content.subarray(1_000, 2_000_000))).toBe(true)
    expect(told.bytes).toBe(1_999_000)
  })

  test('receives behind what is there, and goes on with its checksum', async () => {
    const { own, other } = await pair()
    const { path, handle } = await makeFile(content.subarray(0, 5))
    const { part, told } = following(own, handle.fd)
    const crc = crc32(content.subarray(0, 5))
    const pumped = pump.receive({ ...part, offsetBytes: 5, crc32: crc })
    other.end(content.subarray(5))
    await pumped.over
    expect((await readFile(path)).equals(content)).toBe(true)
    expect(told).toEqual({ bytes: content.length - 5, crc32: crc32(content) })
  })

  test('moves no more than is granted', async () => {
    const { own, other } = await pair()
    const { path, handle } = await makeFile()
    const granted = Promise.withResolvers<void>()
    const { part, told } = following(own, handle.fd, 1_000)
    const moved: PumpedPart['moved'] = (bytes, crc) => {
      part.moved(bytes, crc)
      if (told.bytes === 1_000) granted.resolve()
    }
    const pumped = pump.receive({ ...part, moved, crc32: 0 })
    other.end(content)
    await granted.promise
    expect((await readFile(path)).length).toBe(1_000)
    pumped.grant(Number.MAX_SAFE_INTEGER)
    await pumped.over
    expect(told.bytes).toBe(content.length)
  })

  test('stops while the other side takes nothing, and tells what went out until then', async () => {
    const { own, other } = await pair()
    const { handle } = await makeFile(Buffer.alloc(40_000_000))
    const begun = Promise.withResolvers<void>()
    const { part, told } = following(own, handle.fd)
    const moved: PumpedPart['moved'] = (bytes, crc) => {
      part.moved(bytes, crc)
      begun.resolve()
    }
    const pumped = pump.send({ ...part, moved, endBytes: 40_000_000 })
    await begun.promise
    pumped.stop()
    await expect(pumped.over).rejects.toThrow('stopped')
    own.end()
    expect((await takeAll(other)).length).toBe(told.bytes)
    expect(told.bytes).toBeLessThan(40_000_000)
  })

  test('does not need its descriptors to stay open', async () => {
    const { own, other } = await pair()
    const { path, handle } = await makeFile()
    const { part } = following(own, handle.fd)
    const pumped = pump.receive({ ...part, crc32: 0 })
    own.destroy()
    other.end(content)
    await pumped.over
    expect((await readFile(path)).equals(content)).toBe(true)
  })

  test('names a connection that breaks', async () => {
    const { own, other } = await pair()
    const { handle } = await makeFile()
    const { part } = following(own, handle.fd)
    const pumped = pump.receive({ ...part, crc32: 0 })
    other.resetAndDestroy()
    await expect(pumped.over).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'recv' })
  })

  test('names a disk that takes nothing', async () => {
    const { own, other } = await pair()
    const full = await open('/dev/full', 'w')
    onTestFinished(() => full.close())
    const { part } = following(own, full.fd)
    const pumped = pump.receive({ ...part, crc32: 0 })
    other.end('abc')
    const cause = await pumped.over.catch((thrown: unknown) => thrown)
    expect(cause).toBeInstanceOf(DiskTrouble)
    expect(cause).toMatchObject({ problem: 'full' })
  })

  test('has twenty under way at a time', async () => {
    const transfers = Array.from({ length: 20 }, async () => {
      const { own, other } = await pair()
      const { path, handle } = await makeFile()
      const { part, told } = following(own, handle.fd)
      const pumped = pump.receive({ ...part, crc32: 0 })
      other.end(content)
      await pumped.over
      expect(told.crc32).toBe(crc32(content))
      expect((await readFile(path)).equals(content)).toBe(true)
    })
    await Promise.all(transfers)
  })

  test('breaks off what is under way when it stops', async () => {
    const own = (await createDataPump())!
    const { own: socket } = await pair()
    const { handle } = await makeFile()
    const { part } = following(socket, handle.fd)
    const pumped = own.receive({ ...part, crc32: 0 })
    await own.stop()
    await expect(pumped.over).rejects.toThrow('stopped')
  })
})
