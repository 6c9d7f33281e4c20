import { connect, type Socket } from 'node:net'

import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { type HttpTestServer, raceMaker, startHttp } from '#test/conformance/http-server.ts'
import { type Frame, logInWs } from '#test/conformance/ws-client.ts'

let server: HttpTestServer

afterEach(() => server.stop())

async function factsOf(stream: string): Promise<readonly Fact[]> {
  return await Array.fromAsync(server.system.log.readStream(stream))
}

const positionsOf = (frames: readonly Frame[]): number[] =>
  frames.filter(({ type }) => type === 'fact').map(({ position }) => position as number)

test('a client that is cut off anywhere and resumes loses and repeats nothing', async () => {
  server = await startHttp()
  const byStream = fc.boolean()
  // After how many facts each connection is lost; the maker goes on meanwhile.
  const cuts = fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(byStream, cuts, async (isByStream, each) => {
      const race = raceMaker(server.system)
      await race.create()
      const what = isByStream ? { stream: race.stream } : { kinds: ['race'] }
      const received: number[] = []
      let after = (await factsOf(race.stream))[0]!.position - 1
      const first = after
      for (const cut of each) {
        const client = await logInWs(server.port, 'bob')
        client.send({ type: 'resume', id: 'r', data: { ...what, after } })
        const making = (async () => {
          for (let count = 0; count < 10; count++) await race.next()
        })()
        if (cut > 0 && cut <= 10) {
          await client.until(() => positionsOf(client.frames).length >= cut)
        }
        client.socket.close()
        await client.closed()
        await making
        // What was read of the socket counts, whether or not more had been sent.
        const read = positionsOf(client.frames)
        received.push(...read)
        after = read.at(-1) ?? after
      }
      const last = await logInWs(server.port, 'bob')
      last.send({ type: 'subscribe', id: 'r', data: { ...what, after } })
      received.push(...positionsOf(await last.until(({ type }) => type === 'live')))
      await race.next()
      received.push(...positionsOf(await last.until(({ type }) => type === 'fact')))
      await last.end()
      const all = await Array.fromAsync(
        server.system.log.readAll({ after: first, kinds: ['race'] }),
      )
      expect(received).toEqual(all.map(({ position }) => position))
    }),
    { numRuns: 25 },
  )
})

test('replays are marked, and `live` comes once between what was and what is', async () => {
  server = await startHttp()
  const race = raceMaker(server.system)
  await race.create()
  for (let count = 0; count < 450; count++) await race.next()
  const client = await logInWs(server.port, 'bob')
  client.send({ type: 'subscribe', id: 'all', data: { stream: race.stream, after: 0 } })
  const replayed = await client.until(({ type }) => type === 'live')
  expect(replayed.filter(({ type, replay }) => type === 'fact' && replay === true).length).toBe(451)
  await race.next()
  const [frame] = await client.until(({ type }) => type === 'fact')
  expect(frame).toMatchObject({ seq: 451 })
  expect(frame).not.toHaveProperty('replay')
  await client.end()
})

test('500 clients on one race all get all its facts in order', async () => {
  server = await startHttp()
  const race = raceMaker(server.system)
  await race.create()
  const clients = []
  for (let batch = 0; batch < 10; batch++) {
    clients.push(
      ...(await Promise.all(Array.from({ length: 50 }, () => logInWs(server.port, 'bob')))),
    )
  }
  for (const client of clients) {
    client.send({ type: 'subscribe', id: 's', data: { stream: race.stream, after: 0 } })
  }
  for (let count = 0; count < 100; count++) await race.next()
  const facts = await factsOf(race.stream)
  const head = facts.at(-1)!.position
  const expected = facts.map(({ position }) => position)
  for (const client of clients) {
    const frames = await client.until(({ position, type }) => type === 'fact' && position === head)
    expect(positionsOf(frames)).toEqual(expected)
  }
  const metrics = await server.system.registry.getSingleMetricAsString('veza_ws_connections')
  expect(metrics).toContain('{state="registered"} 500')
  await Promise.all(clients.map((client) => client.end()))
})

/** A client on a bare socket, which can stop reading: a browser's cannot. */
async function connectRaw(port: number, name: string) {
  const socket: Socket = connect(port, '127.0.0.1')
  const credentials = Buffer.from(`${name}:password`).toString('base64')
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      `Authorization: Basic ${credentials}\r\n\r\n`,
  )
  const frames: Frame[] = []
  let held = Buffer.alloc(0)
  let isUpgraded = false
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes])
    if (!isUpgraded) {
      const end = held.indexOf('\r\n\r\n')
      if (end < 0) return
      isUpgraded = true
      held = held.subarray(end + 4)
    }
    for (let frame = takeFrame(held); frame; frame = takeFrame(held)) {
      held = held.subarray(frame.end)
      if (frame.opcode === 1) frames.push(JSON.parse(frame.payload.toString()) as Frame)
    }
  })
  await expect.poll(() => isUpgraded).toBe(true)
  return {
    socket,
    frames,
    /** RFC 6455 section 5.2, masked with zeros. */
    send(frame: object) {
      const payload = Buffer.from(JSON.stringify(frame))
      const length = Buffer.from([payload.length >>> 8, payload.length & 0xff])
      socket.write(Buffer.concat([Buffer.from([0x81, 0xfe]), length, Buffer.alloc(4), payload]))
    },
  }
}

function takeFrame(bytes: Buffer): { opcode: number; payload: Buffer; end: number } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes[1]! & 0x7f
  const header = short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < header) return undefined
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  const end = header + length
  if (bytes.length < end) return undefined
  return { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(header, end), end }
}

async function lagged(): Promise<number> {
  const text = await server.system.registry.getSingleMetricAsString('veza_ws_lagged_total')
  return Number(/_total (\d+)/.exec(text)?.[1] ?? 0)
}

test('a client that stops reading costs no memory, hinders nobody and misses nothing', async () => {
  server = await startHttp({ webSocket: { bufferBytes: 32 * 1024 } })
  const { host, ids } = server.system
  const text = 'x'.repeat(1_000)
  const announce = () =>
    host.send(
      { kind: 'room', id: 'site' },
      { type: 'room.announce', text, about: ids.next() } as never,
      { by: null, connection: null, commandId: ids.next() },
    )
  await announce()
  const what = { stream: 'room-site', after: 0 }
  const slow = await connectRaw(server.port, 'root')
  slow.send({ type: 'subscribe', id: 's', data: what })
  await expect.poll(() => slow.frames.length).toBeGreaterThan(1)
  slow.socket.pause()
  const quick = await logInWs(server.port, 'root')
  await quick.ask('subscribe', what)
  let made = 0
  while ((await lagged()) === 0 || made % 500 !== 0) {
    await announce()
    if (++made > 30_000) throw new Error('the kernel takes everything')
    if (made % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const facts = await factsOf('room-site')
  const expected = facts.map(({ position }) => position)
  const isHead = ({ type, position }: Frame) => type === 'fact' && position === expected.at(-1)
  expect(positionsOf(await quick.until(isHead))).toEqual(expected)
  expect(positionsOf(slow.frames).length).toBeLessThan(made)
  slow.socket.resume()
  await expect.poll(() => slow.frames.some(isHead), { timeout: 20_000 }).toBe(true)
  expect(positionsOf(slow.frames)).toEqual(expected)
  await announce()
  await expect.poll(() => slow.frames.at(-1)?.seq).toBe(facts.length)
  slow.socket.destroy()
  await quick.end()
})

test('answers that are asked for and not read end the socket', async () => {
  server = await startHttp({
    webSocket: { backpressureBytes: 64 * 1024, frames: { burst: 1e9, perSecond: 1e9 } },
  })
  const client = await connectRaw(server.port, 'alice')
  client.socket.pause()
  client.socket.on('error', () => {})
  const id = 'i'.repeat(64)
  const isClosed = async () => {
    const { log } = server.system
    const [last] = await Array.fromAsync(
      log.readAll({ kinds: ['connection'], direction: 'backwards', limit: 1 }),
    )
    return last?.type === 'connection.closed'
  }
  for (let sent = 0; sent < 500 && !(await isClosed()); sent++) {
    for (let each = 0; each < 500; each++) client.send({ type: 'ping', id })
    await new Promise((resolve) => setImmediate(resolve))
  }
  await expect.poll(isClosed).toBe(true)
  client.socket.destroy()
})

test('too many frames at once are refused with a time to wait, not forgotten', async () => {
  server = await startHttp({ webSocket: { frames: { burst: 5, perSecond: 1 } } })
  const client = await logInWs(server.port, 'alice')
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => client.ask('unsubscribe', { subscription: 'x' })),
  )
  const limited = answers.filter(({ data }) => data.code === 'rate-limited')
  expect(limited.length).toBe(6)
  for (const { data } of limited) {
    expect(data).toMatchObject({ temporary: true, retry_after_ms: expect.any(Number) })
  }
  await client.end()
})

test('1,000 sockets that say nothing do not lock out the next client', async () => {
  server = await startHttp({ webSocket: { unregistered: 200, connectionsPerAddress: 400 } })
  const silent: Socket[] = []
  for (let batch = 0; batch < 10; batch++) {
    const opened = Array.from({ length: 100 }, async () => {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(
        'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      )
      await new Promise((resolve) => socket.once('data', resolve))
      silent.push(socket)
    })
    await Promise.all(opened)
  }
  const client = await logInWs(server.port, 'alice')
  expect((await client.ask('ping')).type).toBe('pong')
  const metrics = await server.system.registry.getSingleMetricAsString('veza_ws_connections')
  expect(Number(/unregistered"\} (\d+)/.exec(metrics)![1])).toBeLessThanOrEqual(200)
  for (const socket of silent) socket.destroy()
  await client.end()
})
