import { afterEach, beforeEach, expect, test } from 'vitest'

import { type HttpTestServer, raceMaker, startHttp } from '#test/conformance/http-server.ts'
import { connectWs, logInWs } from '#test/conformance/ws-client.ts'

let server: HttpTestServer

beforeEach(async () => {
  server = await startHttp()
})

afterEach(() => server.stop())

test('wants a login first, and takes it once', async () => {
  const client = await connectWs(server.port)
  for (const type of ['subscribe', 'send_message', 'join_room', 'no-such-type']) {
    expect(await client.ask(type, { room_id: 'site' })).toMatchObject({
      type: 'error',
      data: { code: 'not-authenticated', temporary: false },
    })
  }
  expect((await client.ask('ping')).type).toBe('pong')
  const credentials = { username: 'Alice', password: 'password' }
  expect(await client.ask('authenticate', credentials)).toMatchObject({
    type: 'ack',
    data: { member: 'alice', name: 'alice' },
  })
  expect((await client.ask('authenticate', credentials)).data.code).toBe('already-authenticated')
  expect((await client.ask('no-such-type')).data.code).toBe('unknown-type')
  await client.end()
})

test('a wrong password ends the socket with a code that says not to come again', async () => {
  const client = await connectWs(server.port)
  const answer = await client.ask('authenticate', { username: 'alice', password: 'wrong' })
  expect(answer.data.code).toBe('login-incorrect')
  expect(await client.closed()).toBe(4501)
})

const BAD_FRAMES: readonly (readonly [string, string])[] = [
  ['no JSON', '{'],
  ['no object', '[1]'],
  ['no type', '{"id":"1"}'],
  ['a type of 300 characters', JSON.stringify({ type: 'x'.repeat(300) })],
  ['data that is no object', '{"type":"ping","data":3}'],
  ['wrong data', '{"type":"subscribe","id":"1","data":{"stream":7}}'],
  ['no data', '{"type":"subscribe","id":"1"}'],
  ['a subscription without id', '{"type":"subscribe","data":{"kinds":["race"]}}'],
  ['a negative position', '{"type":"subscribe","id":"1","data":{"kinds":["race"],"after":-1}}'],
  [
    'a message that is too long',
    JSON.stringify({ type: 'send_message', data: { room_id: 'site', content: 'x'.repeat(401) } }),
  ],
]

test('refuses bad frames and goes on', async () => {
  const client = await logInWs(server.port, 'alice')
  for (const [, frame] of BAD_FRAMES) client.send(frame)
  expect((await client.ask('ping')).type).toBe('pong')
  expect(client.frames.map(({ data }) => data.code)).toEqual(BAD_FRAMES.map(() => 'invalid-frame'))
  await client.end()
})

test('closes on binary and on too large frames; the next client is served', async () => {
  const binary = await logInWs(server.port, 'alice')
  binary.socket.send(new Uint8Array([1, 2, 3]))
  expect(await binary.closed()).toBe(4503)
  const large = await logInWs(server.port, 'alice')
  large.send(`"${'x'.repeat(20_000)}"`)
  expect([1006, 1009]).toContain(await large.closed())
  const next = await logInWs(server.port, 'bob')
  await next.end()
})

test('who may follow what', async () => {
  const [alice, root] = [await logInWs(server.port, 'alice'), await logInWs(server.port, 'root')]
  const ask = async (client: typeof alice, data: object) => {
    const answer = await client.ask('subscribe', data)
    return answer.type === 'ack' ? 'ack' : answer.data.code
  }
  const answers = async (client: typeof alice) => ({
    race: await ask(client, { kinds: ['race', 'section'] }),
    room: await ask(client, { kinds: ['room'] }),
    site: await ask(client, { stream: 'room-site' }),
    account: await ask(client, { stream: 'account-alice' }),
    connection: await ask(client, { kinds: ['race', 'connection'] }),
    unknown: await ask(client, { stream: 'vault-x' }),
    prototype: await ask(client, { stream: 'constructor-x' }),
  })
  expect(await answers(alice)).toEqual({
    race: 'ack',
    room: 'forbidden',
    site: 'forbidden',
    account: 'forbidden',
    connection: 'forbidden',
    unknown: 'forbidden',
    prototype: 'forbidden',
  })
  expect(await answers(root)).toEqual({
    race: 'ack',
    room: 'ack',
    site: 'ack',
    account: 'ack',
    connection: 'ack',
    unknown: 'forbidden',
    prototype: 'forbidden',
  })
  await alice.ask('join_room', { room_id: 'site' })
  expect(await ask(alice, { stream: 'room-site' })).toBe('ack')
  await Promise.all([alice.end(), root.end()])
})

test('follows a race live, in the shape that is promised', async () => {
  const client = await logInWs(server.port, 'bob')
  const race = raceMaker(server.system)
  client.send({ type: 'subscribe', id: 2, data: { stream: race.stream, after: 0 } })
  const [ack, live] = await client.until(({ type }) => type === 'live')
  expect(ack).toMatchObject({ type: 'ack', id: 2, data: { subscription: 2 } })
  expect(ack!.data.position).toBeGreaterThan(0)
  expect(live).toEqual({ type: 'live', subscription: 2, position: ack!.data.position })
  const { facts } = await race.create()
  const [frame] = await client.until(({ type }) => type === 'fact')
  expect(frame).toEqual({
    type: 'fact',
    subscription: 2,
    stream: race.stream,
    seq: 0,
    position: facts[0]!.position,
    ts: new Date(facts[0]!.meta.at).toISOString(),
    data: {
      type: 'race.created',
      by: 'alice',
      fact_id: facts[0]!.id,
      fact: { section: 'incoming', release: `Release-${race.id}` },
    },
  })
  expect((await client.ask('unsubscribe', { subscription: 2 })).type).toBe('ack')
  expect((await client.ask('unsubscribe', { subscription: 2 })).data.code).toBe(
    'no-such-subscription',
  )
  await race.next()
  expect((await client.ask('ping')).type).toBe('pong')
  expect(client.frames).toEqual([])
  await client.end()
})

test('limits subscriptions, and refuses ids in use and positions of another log', async () => {
  const client = await logInWs(server.port, 'alice')
  const after = { kinds: ['race'], after: 1e9 }
  expect((await client.ask('subscribe', after)).data.code).toBe('unknown-position')
  client.send({ type: 'subscribe', id: 'x', data: { kinds: ['race'] } })
  client.send({ type: 'resume', id: 'x', data: { kinds: ['race'] } })
  await client.until(({ data }) => data?.code === 'subscription-exists')
  let refused: string | undefined
  for (let count = 0; count < 32; count++) {
    const answer = await client.ask('subscribe', { kinds: ['race'] })
    if (answer.type === 'error') refused = answer.data.code
  }
  expect(refused).toBe('too-many-subscriptions')
  await client.end()
})

test('the deadline of the connection for logging in ends it', async () => {
  const client = await connectWs(server.port)
  await client.ask('ping')
  const { log, host, ids } = server.system
  const [opened] = await Array.fromAsync(log.readAll({ kinds: ['connection'] }))
  await host.send(
    { kind: 'connection', id: opened!.stream.slice('connection-'.length) },
    { type: 'connection.expire' },
    { by: null, connection: null, commandId: ids.next() },
  )
  expect(await client.closed()).toBe(4502)
})

test('says goodbye when the server stops, and records bytes and closing', async () => {
  const client = await logInWs(server.port, 'alice')
  await client.ask('join_room', { room_id: 'site' })
  const { log } = server.system
  const closed = client.closed()
  await server.stop()
  expect(await closed).toBe(4000)
  const last = (await Array.fromAsync(log.readAll({ kinds: ['room', 'connection'] }))).slice(-2)
  expect(last).toMatchObject([
    { type: 'room.left', data: { reason: 'server-stopping', last: true } },
    { type: 'connection.closed', data: { reason: 'server-stopping' } },
  ])
  const { receivedBytes, sentBytes } = last[1]!.data as Record<string, number>
  expect(receivedBytes).toBeGreaterThan(50)
  expect(sentBytes).toBeGreaterThan(50)
  server = await startHttp()
})
