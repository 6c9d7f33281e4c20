import { connect, type Socket } from 'node:net'

import { afterEach, expect, test } from 'vitest'

import { connectIrc, logIn } from '#test/conformance/irc-client.ts'
import { type IrcTestServer, startIrc } from '#test/conformance/irc-server.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

let server: IrcTestServer

afterEach(() => server.stop())

async function start(options: Parameters<typeof startIrc>[1] = {}) {
  server = await startIrc(['alice', 'bob'], options)
  return server
}

/** The next client is served: what every one of these tests ends with. */
async function expectService() {
  const client = await logIn(server.port, 'bob')
  client.send('JOIN #site')
  await client.until(/ 366 /)
  await client.end()
}

test('garbage, long lines and bad UTF-8 are answered, and the session goes on', async () => {
  const { port } = await start()
  const client = await logIn(port, 'alice')
  client.socket.write(`PRIVMSG #site :${'x'.repeat(600)}\r\n`)
  client.socket.write(`${'y'.repeat(200_000)}\r\n`)
  client.socket.write(Buffer.from('PRIVMSG #site :\xff\xfe\r\n', 'latin1'))
  client.send('FROB a b', 'BLAH', '\0\0', ':prefix-only', '@tags-only', `WHOIS ${'n'.repeat(300)}`)
  client.send(`JOIN #${'c'.repeat(300)}`, 'JOIN #bad\x07name', 'PING 1')
  expect(await client.until(/PONG/)).toEqual([
    ':veza 417 alice :Input line was too long',
    ':veza 417 alice :Input line was too long',
    'FAIL PRIVMSG INVALID_UTF8 :Message rejected: it is not UTF-8',
    ':veza 421 alice FROB :Unknown command',
    ':veza 421 alice BLAH :Unknown command',
    ':veza 421 alice @TAGS-ONLY :Unknown command',
    `:veza 401 alice ${'n'.repeat(300)} :No such nick/channel`,
    `:veza 318 alice ${'n'.repeat(300)} :End of /WHOIS list`,
    `:veza 403 alice #${'c'.repeat(300)} :No such channel`,
    ':veza 403 alice #bad\x07name :No such channel',
    ':veza PONG veza :1',
  ])
  await client.end()
  await expectService()
})

test('binary garbage before registration harms nobody and leaves no login', async () => {
  const { port, system } = await start({ limits: { commands: { burst: 1e6, perSecond: 1e6 } } })
  const client = await connectIrc(port)
  const bytes = Buffer.alloc(64 * 1024)
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 7919) >>> 3
  client.socket.write(bytes)
  client.send('', `NICK ${'n'.repeat(300)}`, 'PASS x', 'NICK \x01\x02', 'USER a b c d')
  client.socket.end()
  await client.closed()
  const types = new Set<string>()
  for await (const { type } of system.log.readAll({ kinds: ['connection'] })) types.add(type)
  expect(types.has('connection.authenticated')).toBe(false)
  await expectService()
})

test('1,000 silent connections do not lock out the next client', async () => {
  const { port, system } = await start()
  const sockets: Socket[] = []
  await Promise.all(
    Array.from({ length: 1_000 }, () => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.resume()
      sockets.push(socket)
      return new Promise((resolve) => socket.once('connect', resolve))
    }),
  )
  await expectService()
  const metrics = await system.registry.getSingleMetricAsString('veza_irc_connections')
  const unregistered = Number(/unregistered"\} (\d+)/.exec(metrics)![1])
  expect(unregistered).toBeLessThanOrEqual(512)
  for (const socket of sockets) socket.destroy()
})

test('commands beyond the rate wait; beyond the queue the client goes', async () => {
  const clock = createManualClock()
  const { port } = await start({
    clock,
    limits: { commands: { burst: 10, perSecond: 2 }, queuedLines: 50 },
  })
  const client = await logIn(port, 'alice')
  const pings = Array.from({ length: 20 }, (_, index) => `PING ${index}`)
  client.send(...pings)
  await client.until(/PONG veza :6$/)
  expect(client.lines).toEqual([])
  clock.advance(500)
  expect(await client.until(/PONG/)).toEqual([':veza PONG veza :7'])
  clock.advance(6_000)
  clock.advance(500)
  client.send(...Array.from({ length: 200 }, () => 'PING flood'))
  expect((await client.closed()).at(-1)).toBe('ERROR :Closing link: 127.0.0.1 (Excess Flood)')
  await expect.poll(() => reasonsOfClosing()).toContain('Excess Flood')
})

async function reasonsOfClosing(): Promise<unknown[]> {
  const reasons: unknown[] = []
  for await (const { type, data } of server.system.log.readAll({ kinds: ['connection'] })) {
    if (type === 'connection.closed') reasons.push((data as { reason: string }).reason)
  }
  return reasons
}

test('a client that does not read is sent away, and what it held is given back', async () => {
  const { port } = await start({
    limits: { sendQueueBytes: 64 * 1024, commands: { burst: 1e6, perSecond: 1e6 } },
  })
  const client = await logIn(port, 'alice')
  client.send('JOIN #site')
  await client.until(/ 366 /)
  client.socket.pause()
  const text = 'x'.repeat(390)
  const { host, ids } = server.system
  for (let sent = 0; !(await reasonsOfClosing()).includes('SendQ exceeded'); sent++) {
    expect(sent).toBeLessThan(1_000)
    for (let each = 0; each < 100; each++) {
      await host.send(
        { kind: 'room', id: 'site' },
        { type: 'room.announce', text, about: ids.next() } as never,
        { by: null, connection: null, commandId: ids.next() },
      )
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  client.socket.destroy()
  await expectService()
})

test('silence is asked after, then ends the connection', async () => {
  const clock = createManualClock()
  const { port } = await start({ clock, limits: { pingAfterMs: 90_000, pingTimeoutMs: 60_000 } })
  const client = await logIn(port, 'alice')
  clock.advance(90_000)
  expect(await client.until(/PING/)).toEqual(['PING veza'])
  client.send('PONG veza', 'PING 1')
  await client.until(/PONG/)
  clock.advance(90_000)
  expect(await client.until(/PING/)).toEqual(['PING veza'])
  clock.advance(60_000)
  expect(await client.closed()).toEqual([
    'ERROR :Closing link: 127.0.0.1 (Ping timeout: 150 seconds)',
  ])
})

test('the deadline of the connection for logging in ends it', async () => {
  const { port, system } = await start()
  const client = await connectIrc(port)
  client.send('PING 1')
  await client.until(/PONG/)
  const [opened] = await Array.fromAsync(system.log.readAll({ kinds: ['connection'] }))
  const id = opened!.stream.slice('connection-'.length)
  await system.host.send(
    { kind: 'connection', id },
    { type: 'connection.expire' },
    {
      by: null,
      connection: null,
      commandId: system.ids.next(),
    },
  )
  expect((await client.closed()).at(-1)).toBe('ERROR :Closing link: 127.0.0.1 (login-timeout)')
  await expectService()
})

test('a half-open connection that vanishes in the middle of a line is forgotten', async () => {
  const { port, system } = await start()
  const client = await connectIrc(port)
  client.socket.write('PASS alice:pass')
  client.socket.resetAndDestroy()
  await expect
    .poll(async () => await system.registry.getSingleMetricAsString('veza_irc_connections'))
    .toContain('{state="unregistered"} 0')
  await expectService()
})

test('says goodbye when the server stops, and records every closing', async () => {
  const { port, system } = await start()
  const client = await logIn(port, 'alice')
  client.send('JOIN #site')
  await client.until(/ 366 /)
  const log = system.log
  const facts = () => Array.fromAsync(log.readAll({ kinds: ['room', 'connection'] }))
  const closed = client.closed()
  await server.stop()
  expect((await closed).at(-1)).toBe('ERROR :Closing link: 127.0.0.1 (Server is stopping)')
  const types = (await facts()).map(({ type }) => type)
  expect(types.slice(-2)).toEqual(['room.left', 'connection.closed'])
  server = await startIrc([])
})
