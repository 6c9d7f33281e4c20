import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { TokenScope } from '#actors/account/account.commands.ts'
import { DEFAULT_RIGHTS_TEXT } from '#actors/policy/default-rights.ts'
import { mayAccess } from '#gateways/eventstoredb/access.ts'
import { createIrcGateway } from '#gateways/irc/server.ts'
import type { Gateway } from '#gateways/kernel/gateway.ts'
import type { Member } from '#gateways/kernel/login.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import type { ReadModels } from '#projections/read-models.ts'
import { setRights, tokenOf } from '#test/conformance/ftp-rights.fixture.ts'
import { basic, type HttpTestServer, startHttp } from '#test/conformance/http-server.ts'
import { connectIrc } from '#test/conformance/irc-client.ts'
import { connectWs, type Frame, logInWs, type WsClient } from '#test/conformance/ws-client.ts'
import { createTestSystem, type TestSystem } from '#test/harness.ts'
import { memberNamed } from '#test/member.ts'

const HIDING = ['Secret-*', '*/proof*'].map((path) => `privpath /incoming/${path} 1`).join('\n')

let system: TestSystem
let server: HttpTestServer
let irc: Gateway
let ircPort: number
/** Time goes on as it does, and further when a test says so. */
let aheadMs = 0

beforeAll(async () => {
  const clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
  system = await createTestSystem({ clock })
  server = await startHttp({ system, readModels: someRaces })
  const none = { audit: async () => ({ items: [], nextCursor: null, position: 0 }) } as never
  irc = createIrcGateway({ ...system, readModels: none }, { host: '127.0.0.1', port: 0 })
  ircPort = (await irc.start()).port
  await system.addMember({ name: 'reader', group: 'AUDITORS' })
  await system.addMember({ name: 'chief' })
  const role = { type: 'account.set-role', role: 'administrator' } as never
  const context = { by: null, connection: null, commandId: system.ids.next() }
  await system.host.send({ kind: 'account', id: 'chief' }, role, context)
  await setRights(system, `${HIDING}\n${DEFAULT_RIGHTS_TEXT}`)
})
afterAll(async () => {
  await irc.stop(0)
  await server.stop()
})

describe('following over WebSocket', () => {
  function raceOf(release: string) {
    const id = system.ids.next()
    const send = (command: object) => {
      const context = { by: 'alice', connection: null, commandId: system.ids.next() }
      return system.host.send({ kind: 'race', id }, command as never, context)
    }
    return {
      stream: `race-${id}`,
      create: () => send({ type: 'race.create', section: 'incoming', release }),
      rename: (to: string) => send({ type: 'race.rename', section: 'incoming', release: to }),
      makeDirectory: (directory: string) => send({ type: 'race.make-directory', directory }),
    }
  }
  const shown = (frames: readonly Frame[]) =>
    frames.filter(({ type }) => type === 'fact').map(({ data }) => data.fact.directory ?? data.type)
  const isLive = ({ type }: Frame) => type === 'live'
  const follow = async (client: WsClient, data: object) => {
    client.send({ type: 'subscribe', id: 'f', data })
    return shown(await client.until(isLive))
  }
  const isOf = (directory: string) => (frame: Frame) => frame.data?.fact?.directory === directory

  test('shows nothing of a hidden release, neither what was nor what comes', async () => {
    const [open, secret] = [raceOf('Open-A'), raceOf('Secret-A')]
    const { position } = await open.create()
    await secret.create()
    await secret.makeDirectory('s1')
    await open.makeDirectory('o1')
    await open.makeDirectory('proofs')
    const [bob, root] = [await logInWs(server.port, 'bob'), await logInWs(server.port, 'root')]
    const what = { kinds: ['race'], after: position - 1 }
    expect(await follow(bob, what)).toEqual(['race.created', 'o1'])
    expect(await follow(root, what)).toEqual(['race.created', 'race.created', 's1', 'o1', 'proofs'])
    await secret.makeDirectory('s2')
    await open.makeDirectory('proof-2')
    await open.makeDirectory('o2')
    expect(shown(await bob.until(isOf('o2')))).toEqual(['o2'])
    expect(shown(await root.until(isOf('o2')))).toEqual(['s2', 'proof-2', 'o2'])
    await open.rename('Secret-B')
    await open.makeDirectory('o3')
    const other = raceOf('Open-B')
    await other.create()
    await other.makeDirectory('other')
    expect(shown(await bob.until(isOf('other')))).toEqual(['race.created', 'other'])
    await bob.end()
    await root.end()
  })

  test('the stream of a hidden race is as that of none', async () => {
    const secret = raceOf('Secret-C')
    await secret.create()
    const bob = await logInWs(server.port, 'bob')
    const head = await system.log.head()
    for (const [id, stream] of Object.entries({ hidden: secret.stream, none: 'race-none' })) {
      bob.send({ type: 'subscribe', id, data: { stream, after: 0 } })
      expect(await bob.until(isLive)).toEqual([
        { type: 'ack', id, data: { subscription: id, position: expect.any(Number) } },
        { type: 'live', subscription: id, position: expect.any(Number) },
      ])
    }
    expect(await system.log.head()).toBeGreaterThanOrEqual(head)
    await bob.end()
  })

  test('ends to show what has been hidden since', async () => {
    const [race, other] = [raceOf('Later-A'), raceOf('Other-A')]
    await race.create()
    const { position } = await other.create()
    const bob = await logInWs(server.port, 'bob')
    expect(await follow(bob, { kinds: ['race'], after: position })).toEqual([])
    await race.makeDirectory('one')
    await bob.until(isOf('one'))
    await setRights(system, `privpath /incoming/Later-* 1\n${HIDING}\n${DEFAULT_RIGHTS_TEXT}`)
    aheadMs += 1_001
    await race.makeDirectory('two')
    await other.makeDirectory('three')
    expect(shown(await bob.until(isOf('three')))).toEqual(['three'])
    await bob.end()
  })
})

describe('an API token over WebSocket', () => {
  const CASES: readonly (readonly [string, readonly TokenScope[], string])[] = [
    ['bob', ['read'], 'races'],
    ['bob', ['chat'], 'join post'],
    ['bob', ['audit'], ''],
    ['bob', ['read', 'chat', 'audit'], 'join post races'],
    ['root', ['read'], 'races'],
    ['root', ['audit'], 'races accounts room'],
    ['root', ['download', 'upload', 'site', 'admin'], ''],
  ]
  test.each(CASES)('of %s for %j may %j', async (name, scopes, expected) => {
    const client = await connectWs(server.port)
    const token = await tokenOf(system, name, scopes)
    expect(await client.ask('authenticate', { token })).toMatchObject({ type: 'ack' })
    const room = { room_id: 'site' }
    const answers = {
      join: await client.ask('join_room', room),
      post: await client.ask('send_message', { ...room, content: 'hello' }),
      races: await client.ask('subscribe', { kinds: ['race', 'section'] }),
      accounts: await client.ask('subscribe', { kinds: ['account', 'ledger'] }),
      room: await client.ask('subscribe', { stream: 'room-staff' }),
    }
    const refused = Object.values(answers).filter(({ type }) => type !== 'ack')
    expect(new Set(refused.map(({ data }) => data.code))).toEqual(
      new Set(refused.length > 0 ? ['forbidden'] : []),
    )
    const done = Object.entries(answers).filter(([, { type }]) => type === 'ack')
    expect(done.map(([what]) => what).join(' ')).toBe(expected)
    await client.end()
  })
})

describe('an API token over IRC', () => {
  async function logIn(scopes: readonly TokenScope[]) {
    const client = await connectIrc(ircPort)
    client.send(`PASS bob:${await tokenOf(system, 'bob', scopes)}`, 'NICK bob', 'USER bob 0 * :bob')
    await client.until(/ (376|422) /)
    return client
  }

  test('without the scope to chat neither joins nor speaks nor is told who is there', async () => {
    const client = await logIn(['read'])
    const words = 'The token is for read alone\\.$'
    client.send('JOIN #site', 'PRIVMSG #site :hello', 'TOPIC #site :x', 'TOPIC #site')
    client.send('NAMES #site', 'WHO #site', 'LIST #site', 'PING end')
    const lines = await client.until(/PONG/)
    for (const verb of ['JOIN', 'PRIVMSG', 'TOPIC']) {
      expect(lines).toContainEqual(expect.stringMatching(` 400 bob ${verb} :${words}`))
    }
    expect(lines.filter((line) => / (JOIN #|353|352|322|331) /.test(line))).toEqual([])
    await client.end()
  })

  test('with it does', async () => {
    const client = await logIn(['chat'])
    client.send('JOIN #site')
    await client.until(/ 366 /)
    client.send('TOPIC #site :by a token', 'LIST #site', 'PING end')
    expect((await client.until(/PONG/)).join('\n')).toMatch(/ 322 bob #site 1 /)
    await client.end()
  })
})

describe('the door of EventStoreDB', () => {
  const WHO: readonly (readonly [string, Partial<Member>, string])[] = [
    ['alice', {}, ''],
    ['root', {}, 'read write delete'],
    ['root', { scopes: ['audit'] }, 'read'],
    ['root', { scopes: ['admin'] }, 'read write delete'],
    ['root', { scopes: ['read', 'chat'] }, ''],
    ['chief', {}, 'read write delete'],
    ['reader', {}, 'read'],
  ]
  test.each(WHO)('lets %s with %j do %j', async (name, proof, expected) => {
    const door = { log: system.log, policy: system.policy, allowsWrites: true }
    const rights = ['read', 'write', 'delete'] as const
    const member = memberNamed(name, proof)
    const may = await Promise.all(
      rights.map((right) => mayAccess(door, member, right, 'race-none')),
    )
    expect(rights.filter((_, index) => may[index]).join(' ')).toBe(expected)
  })
})

describe('races over HTTP', () => {
  const get = async (path: string, as: string) => {
    const headers = { authorization: basic(as) }
    const response = await fetch(`http://127.0.0.1:${server.port}/api/v1${path}`, { headers })
    const { request_id: _, ...body } = (await response.json()) as any
    return body
  }

  test('that are hidden are left out of lists, and are not to be found', async () => {
    const releases = async (as: string) =>
      (await get('/races', as)).items.map((race: { release: string }) => race.release)
    expect(await releases('root')).toEqual(['Secret-A', 'Open-A'])
    expect(await releases('alice')).toEqual(['Open-A'])
    expect(await get('/races/Secret-A', 'root')).toMatchObject({ release: 'Secret-A' })
    const hidden = await get('/races/Secret-A', 'alice')
    expect(hidden).toMatchObject({ status: 404, code: 'not-found' })
    expect(hidden).toEqual(await get('/races/none', 'alice'))
  })

  test('do not name hidden files', async () => {
    const files = async (as: string) =>
      (await get('/races/Open-A', as)).files.map(({ file }: { file: string }) => file)
    expect(await files('root')).toEqual(['a.bin', 'proofs/a.jpg'])
    expect(await files('alice')).toEqual(['a.bin'])
  })
})

const SUMMARY = {
  section: 'incoming',
  state: 'open',
  expectedFiles: 2,
  filesDone: 1,
  badFiles: 0,
  sizeBytes: 1,
  racers: 1,
  leader: 'ana',
  createdAt: 0,
  startedAt: 0,
  completedAt: null,
  nukedAt: null,
  nuker: null,
  nukeMultiplier: null,
  nukeReason: null,
  publishedAt: null,
  publishedBy: null,
  position: 1,
} as const
const LISTED = ['Secret-A', 'Open-A'].map((name) => ({ ...SUMMARY, id: name, release: name }))
const FILES = ['a.bin', 'proofs/a.jpg'].map((file) => ({
  file,
  state: 'ok',
  member: 'ana',
  sizeBytes: 1,
  crc32: null,
  expectedCrc32: null,
  acceptedAt: 0,
}))

/** The two queries that are asked here. */
const someRaces = {
  races: async () => ({ items: LISTED, nextCursor: null, position: 1 }),
  race: async (id: string) => {
    const found = LISTED.find((each) => each.id === id)
    return found && { ...found, standings: [], files: FILES, zips: [], audio: null }
  },
} as unknown as ReadModels
