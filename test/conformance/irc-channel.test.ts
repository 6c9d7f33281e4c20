import { afterEach, beforeEach, expect, test } from 'vitest'

import type { RoomContext } from '#actors/room/room.commands.ts'
import { logIn } from '#test/conformance/irc-client.ts'
import { type IrcTestServer, startIrc } from '#test/conformance/irc-server.ts'

let server: IrcTestServer

beforeEach(async () => {
  server = await startIrc(['Alice', 'bob', 'carol'], {
    limits: { commands: { burst: 1_000, perSecond: 1_000 } },
  })
})

afterEach(() => server.stop())

const site = { kind: 'room', id: 'site' }

function announce(text: string) {
  const { host, ids } = server.system
  const context = { by: null, connection: null, commandId: ids.next() }
  return host.send(site, { type: 'room.announce', text, about: ids.next() } as never, context)
}

async function membersOfSite() {
  const { context } = await server.system.host.state<RoomContext>(site)
  return Object.keys(context.members)
}

test('two members meet, talk and part', async () => {
  const alice = await logIn(server.port, 'alice')
  alice.send('JOIN #Site')
  expect(await alice.until(/ 366 /)).toEqual([
    ':Alice!alice@veza JOIN #site',
    ':veza 353 Alice = #site :Alice',
    ':veza 366 Alice #site :End of /NAMES list',
  ])
  const bob = await logIn(server.port, 'bob')
  bob.send('JOIN #site')
  expect(await bob.until(/ 366 /)).toContain(':veza 353 bob = #site :Alice bob')
  expect(await alice.until(/JOIN/)).toEqual([':bob!bob@veza JOIN #site'])

  bob.send('PRIVMSG #site :hello: there', 'PING 1')
  expect(await alice.until(/PRIVMSG/)).toEqual([':bob!bob@veza PRIVMSG #site :hello: there'])
  expect(await bob.until(/PONG/)).toEqual([':veza PONG veza :1'])

  alice.send('TOPIC #site', 'TOPIC #site :races today')
  expect(await alice.until(/TOPIC/)).toEqual([
    ':veza 331 Alice #site :No topic is set',
    ':Alice!alice@veza TOPIC #site :races today',
  ])
  expect(await bob.until(/TOPIC/)).toEqual([':Alice!alice@veza TOPIC #site :races today'])
  bob.send('TOPIC #site')
  expect(await bob.until(/ 333 /)).toEqual([
    ':veza 332 bob #site :races today',
    expect.stringMatching(/^:veza 333 bob #site Alice \d+$/),
  ])

  await announce('[ NEW ] Some.Release\r\nQUIT :injected\0')
  const announced = ':veza!veza@veza PRIVMSG #site :[ NEW ] Some.Release QUIT :injected'
  expect(await alice.until(/NEW/)).toEqual([announced])
  expect(await bob.until(/NEW/)).toEqual([announced])

  bob.send('PART #site :later')
  expect(await bob.until(/PART/)).toEqual([':bob!bob@veza PART #site :later'])
  expect(await alice.until(/PART/)).toEqual([':bob!bob@veza PART #site :later'])
  bob.send('PRIVMSG #site :still here?', 'NOTICE #site :and this', 'PART #site', 'PING 2')
  expect(await bob.until(/PONG/)).toEqual([
    ':veza 404 bob #site :Cannot send to channel',
    ":veza 442 bob #site :You're not on that channel",
    ':veza PONG veza :2',
  ])
  bob.send('JOIN #site')
  await alice.until(/JOIN/)
  bob.send('QUIT :gone')
  expect(await alice.until(/PART/)).toEqual([':bob!bob@veza PART #site :Quit: gone'])
  alice.send('TOPIC #site :')
  await alice.until(/TOPIC/)
  await alice.end()
  await expect.poll(membersOfSite).toEqual([])
})

test('two connections of one member are one nick in the channel', async () => {
  const watcher = await logIn(server.port, 'carol')
  watcher.send('JOIN #site')
  await watcher.until(/ 366 /)
  const [one, two] = [await logIn(server.port, 'alice'), await logIn(server.port, 'alice')]
  one.send('JOIN #site')
  await one.until(/ 366 /)
  two.send('JOIN #site')
  expect((await two.until(/ 366 /))[1]).toBe(':veza 353 Alice = #site :Alice carol')
  one.send('PRIVMSG #site :from one')
  expect(await two.until(/PRIVMSG/)).toEqual([':Alice!alice@veza PRIVMSG #site :from one'])
  one.socket.destroy()
  await expect
    .poll(async () => (await server.system.host.state<RoomContext>(site)).context.members.alice)
    .toHaveLength(1)
  two.send('PART #site')
  expect(await watcher.until(/PART/)).toEqual([
    ':Alice!alice@veza JOIN #site',
    ':Alice!alice@veza PRIVMSG #site :from one',
    ':Alice!alice@veza PART #site :',
  ])
  await Promise.all([two.end(), watcher.end()])
  await expect.poll(membersOfSite).toEqual([])
})

test('gives tags, echoes and accounts to who asked for them', async () => {
  const caps = 'message-tags server-time echo-message account-tag extended-join userhost-in-names'
  const alice = await logIn(server.port, 'alice', { caps })
  alice.send('JOIN #site')
  const entered = await alice.until(/ 366 /)
  expect(entered[0]).toMatch(
    /^@time=\d{4}-.*Z;msgid=[0-9a-f-]{36};account=alice :Alice!alice@veza JOIN #site alice Alice$/,
  )
  expect(entered[1]).toBe(':veza 353 Alice = #site :Alice!alice@veza')
  alice.send('@+client=tag PRIVMSG #site :hi')
  const echo = (await alice.until(/PRIVMSG/))[0]!
  const [, time, msgid] = /^@time=([^;]+);msgid=([^;]+);account=alice :/.exec(echo)!
  const facts = []
  for await (const fact of server.system.log.readStream('room-site')) facts.push(fact)
  const posted = facts.findLast(({ type }) => type === 'room.message-posted')!
  expect({ time, msgid }).toEqual({
    time: new Date(posted.meta.at).toISOString(),
    msgid: posted.id,
  })
  await alice.end()
})

test('a long text is posted and shown in parts, nothing of it lost', async () => {
  const alice = await logIn(server.port, 'alice')
  const bob = await logIn(server.port, 'bob')
  for (const client of [alice, bob]) {
    client.send('JOIN #site')
    await client.until(/ 366 /)
  }
  const text = 'é'.repeat(100) + 'x'.repeat(240) + '😀'.repeat(10)
  bob.send(`PRIVMSG #site :${text}`, 'PRIVMSG #site :end')
  const lines = (await alice.until(/:end$/)).filter((line) => line.includes('PRIVMSG'))
  expect(lines.every((line) => Buffer.byteLength(line) <= 510)).toBe(true)
  expect(lines.map((line) => line.split(' :')[1]).join('')).toBe(`${text}end`)
  await Promise.all([alice.end(), bob.end()])
})

test('answers queries about channels and members', async () => {
  const alice = await logIn(server.port, 'alice')
  alice.send('JOIN #site', 'JOIN #nowhere,nonsense', 'JOIN')
  expect((await alice.until(/ 461 /)).slice(-3)).toEqual([
    ':veza 403 Alice #nowhere :No such channel',
    ':veza 403 Alice nonsense :No such channel',
    ':veza 461 Alice JOIN :Not enough parameters',
  ])
  alice.send('WHO #site', 'MODE #site', 'MODE #site b', 'MODE #site +o bob', 'MODE alice')
  alice.send('MODE bob', 'LIST', 'NAMES #nowhere', 'USERHOST alice bob', 'AWAY :lunch')
  alice.send('WHOIS alice', 'WHOIS bob', 'ISON alice bob', 'PRIVMSG bob :hi', 'PRIVMSG', 'PING 9')
  expect(await alice.until(/PONG/)).toEqual([
    ':veza 352 Alice #site alice veza veza Alice H :0 Alice',
    ':veza 315 Alice #site :End of /WHO list',
    ':veza 324 Alice #site +n',
    expect.stringMatching(/^:veza 329 Alice #site \d+$/),
    ':veza 368 Alice #site :End of channel ban list',
    ":veza 482 Alice #site :You're not channel operator",
    ':veza 221 Alice +i',
    ':veza 502 Alice :Cant change mode for other users',
    ':veza 321 Alice Channel :Users  Name',
    ':veza 322 Alice #site 1 :',
    ':veza 323 Alice :End of /LIST',
    ':veza 366 Alice #nowhere :End of /NAMES list',
    ':veza 302 Alice Alice=+alice@veza',
    ':veza 306 Alice :You have been marked as being away',
    ':veza 311 Alice Alice alice veza * Alice',
    ':veza 319 Alice Alice #site',
    ':veza 312 Alice Alice veza veza',
    ':veza 330 Alice Alice alice :is logged in as',
    ':veza 301 Alice Alice lunch',
    expect.stringMatching(/^:veza 317 Alice Alice \d+ \d+ :seconds idle, signon time$/),
    ':veza 318 Alice alice :End of /WHOIS list',
    ':veza 401 Alice bob :No such nick/channel',
    ':veza 318 Alice bob :End of /WHOIS list',
    ':veza 303 Alice alice',
    ':veza 401 Alice bob :No such nick/channel',
    ':veza 411 Alice :No recipient given (PRIVMSG)',
    ':veza PONG veza :9',
  ])
  await alice.end()
})

test('shows every announcement exactly once and in order, however joining races with it', async () => {
  const alice = await logIn(server.port, 'alice')
  const sent: string[] = []
  const announceNext = async () => {
    sent.push(`line ${sent.length}.`)
    await announce(sent.at(-1)!)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await announceNext()
  alice.send('JOIN #site')
  while (!alice.lines.some((line) => line.includes(' 366 '))) await announceNext()
  for (let more = 0; more < 50; more++) await announceNext()
  const lines = await alice.until(new RegExp(`line ${sent.length - 1}\\.`))
  const seen = lines.flatMap((line) => /PRIVMSG #site :(line \d+\.)/.exec(line)?.[1] ?? [])
  expect(seen.length).toBeGreaterThanOrEqual(50)
  expect(seen.length).toBeLessThan(sent.length)
  expect(seen).toEqual(sent.slice(-seen.length))
  await alice.end()
})
