import { afterAll, beforeAll, expect, test } from 'vitest'

import type { Readiness } from '#gateways/http/command.ts'
import { operate } from '#test/conformance/administration.fixture.ts'
import { setRights } from '#test/conformance/ftp-rights.fixture.ts'
import { type HttpTestServer, raceMaker, startHttp } from '#test/conformance/http-server.ts'
import { startReadModels } from '#test/conformance/projections.fixture.ts'
import { logInWs } from '#test/conformance/ws-client.ts'
import { createTestSystem } from '#test/harness.ts'

let server: HttpTestServer
let stopAll: () => Promise<void>
let readiness: Readiness = { ok: true, parts: { log: { writable: true } } }

beforeAll(async () => {
  const system = await createTestSystem()
  const reads = await startReadModels(system)
  server = await startHttp({
    system,
    readModels: reads.readModels,
    ready: () => readiness,
    metricsToken: 'secret-token',
  })
  await reads.caughtUp()
  stopAll = async () => {
    await server.stop()
    await reads.stop()
  }
})

afterAll(() => stopAll())

function get(path: string, { as, ...init }: RequestInit & { as?: string } = {}) {
  const authorization = as && `Basic ${Buffer.from(`${as}:password`).toString('base64')}`
  return fetch(`http://127.0.0.1:${server.port}${path}`, {
    ...init,
    headers: { ...(authorization && { authorization }), ...(init.headers as object) },
  })
}

/** The body as a test looks at it. */
async function body(response: Promise<Response>): Promise<any> {
  return await (await response).json()
}

async function caughtUp(): Promise<void> {
  const head = await server.system.log.head()
  await expect
    .poll(async () => (await body(get('/api/v1/races', { as: 'alice' }))).position)
    .toBeGreaterThanOrEqual(head)
}

test('lists races by pages, from which a subscription can go on', async () => {
  const makers = Array.from({ length: 3 }, () => raceMaker(server.system))
  for (const maker of makers) await maker.create()
  await caughtUp()
  const first = await body(get('/api/v1/races?section=incoming&limit=2', { as: 'alice' }))
  expect(first.items.length).toBe(2)
  const next = `/api/v1/races?section=incoming&limit=2&cursor=${encodeURIComponent(first.next_cursor)}`
  const second = await body(get(next, { as: 'alice' }))
  expect(second.next_cursor).toBeNull()
  const ids = [...first.items, ...second.items].map(({ id }) => id)
  expect(new Set(ids)).toEqual(new Set(makers.map(({ id }) => id)))
  expect(ids.length).toBe(makers.length)

  const client = await logInWs(server.port, 'bob')
  await makers[0]!.next()
  client.send({ type: 'subscribe', id: 's', data: { kinds: ['race'], after: first.position } })
  const frames = await client.until(({ type }) => type === 'live')
  expect(frames.filter(({ type }) => type === 'fact')).toMatchObject([
    { data: { type: 'race.directory-made' } },
  ])
  await client.end()
})

test('shows one race and one member in the shape that is promised', async () => {
  const maker = raceMaker(server.system)
  await maker.create()
  await caughtUp()
  const race = await body(get(`/api/v1/races/${maker.id}`, { as: 'alice' }))
  expect(race).toEqual({
    id: maker.id,
    section: 'incoming',
    release: `Release-${maker.id}`,
    state: 'open',
    kind: 'OTHER',
    has_nfo: false,
    has_sfv: false,
    has_sample: false,
    expected_files: 0,
    files_done: 0,
    bad_files: 0,
    size_bytes: 0,
    racers: 0,
    leader: null,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    started_at: null,
    completed_at: null,
    nuked_at: null,
    nuker: null,
    nuke_multiplier: null,
    nuke_reason: null,
    published_at: null,
    published_by: null,
    position: expect.any(Number),
    standings: [],
    files: [],
    zips: [],
    audio: null,
  })
  const none = { files: 0, size_bytes: 0, duration_ms: 0 }
  const totals = { all: none, month: none, week: none, day: none }
  const member = await body(get('/api/v1/members/BOB', { as: 'alice' }))
  expect(member).toEqual({
    id: 'bob',
    name: 'bob',
    group: 'GRP',
    flags: '3',
    created_at: expect.any(String),
    last_seen_at: expect.anything(),
    up: totals,
    down: totals,
    sections: [],
  })
})

test('tells what a member has transferred by section, of those that one may know of', async () => {
  const { system } = server
  await operate(system, 'section.add', { name: 'vault' })
  for (const section of ['incoming', 'vault']) {
    const [id, uploadId] = [system.ids.next(), system.ids.next()]
    const send = (command: object) =>
      system.host.send({ kind: 'race', id }, command as never, {
        by: 'alice',
        connection: null,
        commandId: system.ids.next(),
      })
    const upload = { file: 'a.bin', uploadId }
    const home = { section, release: 'Uploaded' }
    await send({ type: 'race.begin-upload', ...home, ...upload, group: 'GRP', offsetBytes: 0 })
    const figures = { sizeBytes: 1_000, crc32: '0000000a', durationMs: 5 }
    await send({ type: 'race.finish-upload', ...upload, ...figures })
  }
  await setRights(system, 'privpath /vault 1\nlist /* *')
  await caughtUp()
  const sectionsFor = async (as: string) => {
    const { up, sections } = await body(get('/api/v1/members/alice', { as }))
    expect(up.all).toEqual({ files: 2, size_bytes: 2_000, duration_ms: 10 })
    return sections
  }
  const none = { files: 0, size_bytes: 0, duration_ms: 0 }
  const one = { files: 1, size_bytes: 1_000, duration_ms: 5 }
  expect(await sectionsFor('bob')).toEqual([
    {
      section: 'incoming',
      up: { all: one, month: one, week: one, day: one },
      down: { all: none, month: none, week: none, day: none },
    },
  ])
  expect(await sectionsFor('root')).toMatchObject([{ section: 'incoming' }, { section: 'vault' }])
  await setRights(system)
})

test('tells members who is on, and siteops from where', async () => {
  const client = await logInWs(server.port, 'bob')
  await caughtUp()
  const seenBy = async (as: string) => {
    const { items } = await body(get('/api/v1/connections', { as }))
    return items
  }
  await expect
    .poll(() => seenBy('alice'))
    .toMatchObject([{ gateway: 'ws', member: 'bob', group: 'GRP', remote: null, upload: null }])
  expect(await seenBy('root')).toMatchObject([{ remote: '127.0.0.1:0' }])
  await client.end()
})

test('the audit is for siteops', async () => {
  expect((await get('/api/v1/audit', { as: 'alice' })).status).toBe(403)
  const path = '/api/v1/audit?stream=account-bob&since=2020-01-01T00:00:00Z&limit=1'
  const page = await body(get(path, { as: 'root' }))
  expect(page.items).toMatchObject([{ stream: 'account-bob', type: expect.any(String) }])
  expect(page.next_cursor).toEqual(expect.any(String))
})

const REFUSED: readonly (readonly [
  string,
  string,
  RequestInit & { as?: string },
  number,
  string,
])[] = [
  ['no login', '/api/v1/races', {}, 401, 'unauthenticated'],
  ['an unknown member', '/api/v1/races', { as: 'nobody' }, 401, 'login-incorrect'],
  ['no such route', '/api/v1/nothing', { as: 'alice' }, 404, 'not-found'],
  ['no such race', '/api/v1/races/nothing', { as: 'alice' }, 404, 'not-found'],
  ['no such member', '/api/v1/members/nobody', { as: 'alice' }, 404, 'not-found'],
  ['an id of 300 bytes', `/api/v1/members/${'x'.repeat(300)}`, { as: 'alice' }, 404, 'not-found'],
  ['an id that is no text', '/api/v1/races/%ff%00', { as: 'alice' }, 404, 'not-found'],
  ['a NUL in an id', '/api/v1/races/a%00b', { as: 'alice' }, 404, 'not-found'],
  ['a limit of 0', '/api/v1/races?limit=0', { as: 'alice' }, 400, 'invalid-query'],
  ['a limit of 101', '/api/v1/races?limit=101', { as: 'alice' }, 400, 'invalid-query'],
  ['a wrong state', '/api/v1/races?state=done', { as: 'alice' }, 400, 'invalid-query'],
  ['a wrong cursor', '/api/v1/races?cursor=zzz', { as: 'alice' }, 400, 'invalid-cursor'],
  ['a wrong time', '/api/v1/audit?since=yesterday', { as: 'root' }, 400, 'invalid-query'],
  [
    'a POST',
    '/api/v1/races',
    { as: 'alice', method: 'POST', body: '{}' },
    405,
    'method-not-allowed',
  ],
  ['a DELETE', '/healthz', { method: 'DELETE' }, 405, 'method-not-allowed'],
  ['a WebSocket path', '/ws', {}, 426, 'upgrade-required'],
]

test.each(REFUSED)('refuses %s', async (_, path, init, status, code) => {
  const response = await get(path, init)
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = await body(Promise.resolve(response))
  expect(problem).toMatchObject({ type: 'about:blank', status, code, title: expect.any(String) })
  expect(problem.request_id).toBe(response.headers.get('x-request-id'))
  if (status === 401) expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
  if (status === 405) expect(response.headers.get('allow')).toBe('GET, HEAD')
})

test('names the wrong parameter of a query', async () => {
  const problem = await body(get('/api/v1/races?limit=x', { as: 'alice' }))
  expect(problem.errors).toEqual([{ parameter: 'limit', detail: expect.any(String) }])
})

test('the probes are open: healthy while it serves, ready while its parts are', async () => {
  expect((await get('/healthz')).status).toBe(200)
  expect(await body(get('/readyz'))).toEqual({
    status: 'ready',
    parts: { log: { writable: true } },
  })
  const before = readiness
  readiness = { ok: false, parts: { log: { writable: false, reason: 'disk full' } } }
  const response = await get('/readyz')
  expect(response.status).toBe(503)
  expect(await body(Promise.resolve(response))).toEqual({
    status: 'not-ready',
    parts: { log: { writable: false, reason: 'disk full' } },
  })
  expect((await get('/healthz')).status).toBe(200)
  readiness = before
})

test('metrics are for this machine and for who has the token', async () => {
  const local = await get('/metrics')
  expect(local.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(await local.text()).toContain('veza_http_requests_total{route="/healthz",status="2xx"}')
  const asking = async (headers: Record<string, string>) =>
    (await get('/metrics', { headers })).status
  expect(await asking({ 'x-forwarded-for': '203.0.113.9' })).toBe(403)
  expect(await asking({ authorization: 'Bearer wrong' })).toBe(403)
  expect(
    await asking({ 'x-forwarded-for': '203.0.113.9', authorization: 'Bearer secret-token' }),
  ).toBe(200)
})

test('HEAD says what GET would, without the body, and nothing invites a browser in', async () => {
  const head = await get('/api/v1/races', { as: 'alice', method: 'HEAD' })
  expect(head.status).toBe(200)
  expect(Number(head.headers.get('content-length'))).toBeGreaterThan(10)
  expect(await head.text()).toBe('')
  expect(head.headers.get('x-content-type-options')).toBe('nosniff')
  expect(head.headers.get('cache-control')).toBe('no-store')
  expect(head.headers.get('access-control-allow-origin')).toBeNull()
})

test('a changed password counts at once', async () => {
  const { host, vault, passwords, ids, addMember } = server.system
  await addMember({ name: 'carol' })
  expect((await get('/api/v1/races', { as: 'carol' })).status).toBe(200)
  const credential = ids.next()
  await vault.put(`credential:${credential}`, await passwords.hash('another'))
  await host.send(
    { kind: 'account', id: 'carol' },
    { type: 'account.set-password', credential } as never,
    { by: null, connection: null, commandId: ids.next() },
  )
  await expect.poll(async () => (await get('/api/v1/races', { as: 'carol' })).status).toBe(401)
})
