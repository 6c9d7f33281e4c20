import { afterAll, beforeAll, expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { connectIrc, logIn } from '#test/conformance/irc-client.ts'
import { type IrcTestServer, startIrc } from '#test/conformance/irc-server.ts'

let server: IrcTestServer

beforeAll(async () => {
  server = await startIrc(['Alice'], { motd: ['Hello.'], version: 'veza-1' })
})

afterAll(() => server.stop())

test('welcomes with the name of the member, whatever nick was asked for', async () => {
  const client = await connectIrc(server.port)
  client.send('PASS alice:password', 'NICK whatever', 'USER x 0 * :X')
  const lines = await client.until(/ 376 /)
  expect(lines[0]).toBe(':veza 001 Alice :Welcome to veza, Alice!alice@veza')
  const codes = lines.map((line) => line.split(' ')[1])
  expect(codes).toEqual(
    '001 002 003 004 005 005 251 252 253 254 255 265 266 375 372 376'.split(' '),
  )
  expect(lines.find((line) => line.includes(' 005 '))).toContain('CASEMAPPING=ascii')
  client.send('QUIT :bye')
  const last = await client.closed()
  expect(last.at(-1)).toBe('ERROR :Closing link: 127.0.0.1 (Quit: bye)')
})

test('records opening, login and closing with the bytes of both directions', async () => {
  const client = await logIn(server.port, 'alice')
  client.send('QUIT')
  await client.closed()
  const sent = client.socket.bytesWritten
  const received = client.socket.bytesRead
  await expect
    .poll(() => lastConnection())
    .toMatchObject([
      { type: 'connection.opened', data: { gateway: 'irc', node: 'test' } },
      { type: 'connection.authenticated', data: { account: 'alice', group: 'GRP' } },
      {
        type: 'connection.closed',
        data: { reason: 'Client Quit', receivedBytes: sent, sentBytes: received },
      },
    ])
})

async function lastConnection() {
  const facts: Fact[] = []
  for await (const fact of server.system.log.readAll({ kinds: ['connection'] })) facts.push(fact)
  return facts.filter(({ stream }) => stream === facts.at(-1)!.stream)
}

test('takes the password alone with the name as nick', async () => {
  const client = await connectIrc(server.port)
  client.send('PASS password', 'NICK alice', 'USER x 0 * :X')
  expect((await client.until(/ 001 /)).at(-1)).toContain(' 001 Alice ')
  await client.end()
})

const WRONG = {
  'a wrong password': ['PASS alice:wrong', 'NICK alice', 'USER x 0 * :X'],
  'an unknown member': ['PASS nobody:password', 'NICK nobody', 'USER x 0 * :X'],
  'no password at all': ['NICK alice', 'USER x 0 * :X'],
  'an empty password': ['PASS alice:', 'NICK alice', 'USER x 0 * :X'],
}

test.each(Object.entries(WRONG))('refuses %s with 464 and closes', async (_, lines) => {
  const client = await connectIrc(server.port)
  client.send(...lines)
  expect(await client.closed()).toEqual([
    expect.stringMatching(/^:veza 464 \S+ :Password incorrect$/),
    'ERROR :Closing link: 127.0.0.1 (Password incorrect)',
  ])
})

test('asks for registration before anything else', async () => {
  const client = await connectIrc(server.port)
  client.send('JOIN #site', 'PRIVMSG #site :hi', 'WHO', 'NONSENSE', 'PASS', 'NICK', 'NICK a@b')
  client.send('USER only', 'PING :early')
  expect(await client.until(/PONG/)).toEqual([
    ':veza 451 * :You have not registered',
    ':veza 451 * :You have not registered',
    ':veza 451 * :You have not registered',
    ':veza 451 * :You have not registered',
    ':veza 461 * PASS :Not enough parameters',
    ':veza 431 * :No nickname given',
    ':veza 432 * a@b :Erroneous nickname',
    ':veza 461 * USER :Not enough parameters',
    ':veza PONG veza :early',
  ])
  await client.end()
})

test('negotiates capabilities and holds the welcome until CAP END', async () => {
  const client = await connectIrc(server.port)
  client.send('CAP LS 302', 'PASS alice:password', 'NICK alice', 'USER x 0 * :X')
  client.send('CAP REQ :server-time unheard-of', 'CAP REQ :server-time message-tags')
  client.send('CAP REQ -message-tags', 'CAP LIST', 'CAP WHAT', 'PING 1')
  expect(await client.until(/PONG/)).toEqual([
    ':veza CAP * LS :account-tag echo-message extended-join message-tags multi-prefix sasl=PLAIN,SCRAM-SHA-256 server-time standard-replies userhost-in-names',
    ':veza CAP alice NAK :server-time unheard-of',
    ':veza CAP alice ACK :server-time message-tags',
    ':veza CAP alice ACK -message-tags',
    ':veza CAP alice LIST server-time',
    ':veza 410 alice WHAT :Invalid CAP command',
    ':veza PONG veza :1',
  ])
  client.send('CAP END')
  expect((await client.until(/ 422 | 376 /))[0]).toContain(' 001 Alice ')
  await client.end()
})

test('a registered client registers once and keeps its nick', async () => {
  const client = await logIn(server.port, 'alice')
  client.send('USER x 0 * :X', 'PASS y', 'NICK alice', 'NICK other', 'PING 1')
  expect(await client.until(/PONG/)).toEqual([
    ':veza 462 Alice :You may not reregister',
    ':veza 462 Alice :You may not reregister',
    ':veza 447 Alice :Your nick is the name of your account',
    ':veza PONG veza :1',
  ])
  await client.end()
})
