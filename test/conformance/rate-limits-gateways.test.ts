import { afterEach, describe, expect, it } from 'vitest'

import type { Clock } from '#events/clock.ts'

import { startFtp } from '#test/conformance/ftp-fixture.ts'
import { startHttp } from '#test/conformance/http-server.ts'
import { connectIrc, logIn } from '#test/conformance/irc-client.ts'
import { startIrc } from '#test/conformance/irc-server.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import { connectWs, logInWs } from '#test/conformance/ws-client.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'

const endings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end()
})

/** A system whose time stands still; `delays` are the waits that were begun. */
async function startSystem(rateLimits?: string) {
  const manual = createManualClock()
  const delays: number[] = []
  const clock: Clock = {
    now: () => manual.now(),
    after(ms, run) {
      delays.push(ms)
      return manual.after(ms, run)
    },
  }
  const system = await createTestSystem({ clock, ...(rateLimits !== undefined && { rateLimits }) })
  endings.push(() => system.stop())
  return { system, delays, advance: (ms: number) => manual.advance(ms) }
}

/** The gateway alone is stopped: several may share a system. */
function shared(system: TestSystem): TestSystem {
  return { ...system, stop: async () => {} }
}

async function irc(system: TestSystem, members: readonly string[], limits = {}) {
  const commands = { burst: 1_000, perSecond: 1_000 }
  const options = { system: shared(system), limits: { commands, ...limits } }
  const server = await startIrc(members, options)
  endings.push(() => server.stop())
  return server
}

async function refusals({ registry }: TestSystem): Promise<Record<string, number>> {
  const metric = await registry.getSingleMetric('veza_rate_limit_refusals_total')!.get()
  return Object.fromEntries(
    metric.values.map(({ labels, value }) => [`${labels.gateway} ${labels.action}`, value]),
  )
}

async function said({ log }: TestSystem): Promise<string[]> {
  const facts = await Array.fromAsync(log.readAll({ kinds: ['room'] }))
  const posted = facts.filter(({ type }) => type === 'room.message-posted')
  return posted.map(({ data }) => (data as { text: string }).text)
}

describe('one budget', () => {
  it('is for all gateways; each refuses in its own words', async () => {
    const { system } = await startSystem('send_message=5/60')
    const http = await startHttp({ system: shared(system) })
    endings.push(() => http.stop())
    const { port } = await irc(system, [])
    const socket = await logInWs(http.port, 'alice')
    const [old, modern] = [await logIn(port, 'alice'), await logIn(port, 'alice', FAIL)]
    for (const client of [old, modern]) {
      client.send('JOIN #site')
      await client.until(/ 366 /)
    }
    await socket.ask('join_room', { room_id: 'site' })
    const say = (content: string) => socket.ask('send_message', { room_id: 'site', content })
    for (const text of ['1', '2', '3']) expect((await say(text)).type).toBe('ack')
    old.send('PRIVMSG #site :4', 'NOTICE #site :5', 'PRIVMSG #site :6', 'NOTICE #site :7', 'PING 1')
    const words = 'You are sending messages too fast: try again in 12 seconds.'
    expect((await old.until(/PONG/)).filter((line) => !line.includes('PRIVMSG'))).toEqual([
      `:veza NOTICE alice :#site: ${words}`,
      ':veza PONG veza :1',
    ])
    modern.send('PRIVMSG #site :8', 'PING 1')
    expect((await modern.until(/PONG/)).filter((line) => !line.includes('PRIVMSG #'))).toEqual([
      `:veza FAIL PRIVMSG RATE_LIMITED #site :${words}`,
      ':veza PONG veza :1',
    ])
    expect(await say('9')).toMatchObject({
      type: 'error',
      data: { code: 'rate-limited', message: words, temporary: true, retry_after_ms: 12_000 },
    })
    expect(await said(system)).toEqual(['1', '2', '3', '4', '5'])
    expect(await refusals(system)).toEqual({ 'irc send_message': 3, 'ws send_message': 1 })
    for (const client of [old, modern, socket]) await client.end()
  })

  it('of joinings is kept by IRC and WebSocket', async () => {
    const { system } = await startSystem('join_room=1/60')
    const http = await startHttp({ system: shared(system) })
    endings.push(() => http.stop())
    const { port } = await irc(system, [])
    const [old, modern] = [await logIn(port, 'bob'), await logIn(port, 'bob', FAIL)]
    old.send('JOIN #site')
    await old.until(/ 366 /)
    old.send('JOIN #site,#other', 'PING 1')
    const words = 'You are joining rooms too fast: try again in 60 seconds.'
    expect(await old.until(/PONG/)).toEqual([
      `:veza 439 bob #other :${words}`,
      ':veza PONG veza :1',
    ])
    modern.send('JOIN #site', 'PING 1')
    expect(await modern.until(/PONG/)).toEqual([
      `:veza FAIL JOIN RATE_LIMITED #site :${words}`,
      ':veza PONG veza :1',
    ])
    const socket = await logInWs(http.port, 'bob')
    const refused = await socket.ask('join_room', { room_id: 'site' })
    expect(refused.data).toMatchObject({ code: 'rate-limited', retry_after_ms: 60_000 })
    for (const client of [old, modern, socket]) await client.end()
  })
})

const FAIL = { caps: 'standard-replies' }

describe('an IRC client that is a little too fast', () => {
  /** A token comes back in 7/3 s, a wait that nothing else has. */
  const start = async () => {
    const started = await startSystem('send_message=3/7')
    const server = await irc(started.system, ['alice'])
    const client = await logIn(server.port, 'alice')
    client.send('JOIN #site')
    await client.until(/ 366 /)
    client.send(...['1', '2', '3', '4'].map((text) => `PRIVMSG #site :${text}`), 'PING 1')
    await expect.poll(() => started.delays).toContain(2_334)
    return { ...started, server, client }
  }

  it('waits, and is not refused', async () => {
    const { system, client, advance } = await start()
    expect([await said(system), client.lines]).toEqual([['1', '2', '3'], []])
    advance(2_334)
    expect(await client.until(/PONG/)).toEqual([':veza PONG veza :1'])
    expect(await said(system)).toEqual(['1', '2', '3', '4'])
    expect(await refusals(system)).toEqual({})
    await client.end()
  })

  it('does not keep the server from stopping', async () => {
    const { system, server, client } = await start()
    await server.stop()
    expect((await client.closed()).at(-1)).toMatch(/^ERROR :Closing link: .*Server is stopping/)
    const facts = await Array.fromAsync(system.log.readAll({ kinds: ['connection'] }))
    expect(facts.map(({ type }) => type)).toContain('connection.closed')
    expect(await said(system)).toEqual(['1', '2', '3', '4'])
  })
})

describe('an address that opens connections too fast', () => {
  const connectionRate = { burst: 1, perMinute: 1, isLoopbackExempt: false }

  async function opened(system: TestSystem): Promise<number> {
    const facts = await Array.fromAsync(system.log.readAll({ kinds: ['connection'] }))
    return facts.filter(({ type }) => type === 'connection.opened').length
  }

  it('is sent away by IRC, and nothing of it is recorded', async () => {
    const { system, advance } = await startSystem()
    const { port } = await irc(system, ['alice'], { connectionRate })
    const first = await logIn(port, 'alice')
    const second = await connectIrc(port)
    expect(await second.closed()).toEqual(['ERROR :Too many new connections from your address'])
    expect(await opened(system)).toBe(1)
    advance(60_000)
    const third = await logIn(port, 'alice')
    for (const client of [first, third]) await client.end()
  })

  it('is sent away by FTP', async () => {
    const { system } = await startSystem()
    const ftp = await startFtp({ system, limits: { connectionRate } })
    endings.push(() => ftp.stop())
    const [first, second] = [await ftp.connect(), await ftp.connect()]
    await first.expect('220')
    await second.expect('421')
    expect(await opened(system)).toBe(1)
  })

  it('is refused a WebSocket', async () => {
    const { system } = await startSystem()
    const http = await startHttp({ system: shared(system), webSocket: { connectionRate } })
    endings.push(() => http.stop())
    const first = await connectWs(http.port)
    await expect(connectWs(http.port)).rejects.toThrow('the upgrade was refused')
    expect(await opened(system)).toBe(1)
    await first.end()
  })
})
