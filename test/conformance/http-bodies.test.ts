import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTestRoutes } from '#test/conformance/http-routes.ts'
import { basic, type HttpTestServer, openSocket, startHttp } from '#test/conformance/http-server.ts'

let server: HttpTestServer
const notes = createTestRoutes()

beforeAll(async () => {
  server = await startHttp({ routes: notes.routes })
})
afterAll(() => server.stop())

const JSON_TYPE = { 'content-type': 'application/json' }

async function ask(path: string, { as = 'alice', ...init }: RequestInit & { as?: string } = {}) {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    redirect: 'manual',
    ...init,
    headers: { ...(as && { authorization: basic(as) }), ...(init.headers as object) },
  })
  const text = await response.text()
  return { response, status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

const post = (body: string | Uint8Array<ArrayBuffer>, headers: object = JSON_TYPE) =>
  ask('/test/notes', { method: 'POST', body, headers: headers as Record<string, string> })

test('a body is taken as its schema has it', async () => {
  const { status, body } = await post('{"text":"hé","other":1}', {
    'content-type': 'Application/JSON; charset="UTF-8"',
  })
  expect(status).toBe(201)
  expect(body).toMatchObject({ text: 'hé' })
  expect(body).not.toHaveProperty('other')
})

const deep = `{"text":"x","tags":${'['.repeat(40)}${']'.repeat(40)}}`

test.each([
  ['no JSON', '{"text":', [{ pointer: '', detail: 'not JSON' }]],
  ['no UTF-8', Buffer.from('7b2274657874223a22ff227d', 'hex'), [{ detail: 'not UTF-8' }]],
  ['nothing', '', [{ pointer: '', detail: expect.any(String) }]],
  ['an array', '[]', [{ pointer: '', detail: expect.any(String) }]],
  ['a wrong member', '{"text":1}', [{ pointer: '/text', detail: expect.any(String) }]],
  ['a wrong item', '{"text":"x","tags":["a",2]}', [{ pointer: '/tags/1' }]],
  ['a name with / and ~', '{"text":"x","a/b~c":"no"}', [{ pointer: '/a~1b~0c' }]],
  ['40 levels', deep, [{ pointer: '', detail: 'more than 32 levels' }]],
  ['60,000 levels', '['.repeat(60_000), [{ pointer: '', detail: 'not JSON' }]],
  ['a prototype', '{"__proto__":{"text":"x"}}', [{ pointer: '/text' }]],
])('refuses %s, and says where', async (_, given, errors) => {
  const { status, body } = await post(given)
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid-body' })
  expect(body.errors).toMatchObject(errors)
})

test.each(['text/plain', 'application/json; charset=latin1', 'application/x-www-form-urlencoded'])(
  'refuses %s',
  async (type) => {
    const { status, response } = await post('{"text":"x"}', { 'content-type': type })
    expect(status).toBe(415)
    expect(response.headers.get('accept')).toBe('application/json')
  },
)

test('who asks is looked at before what they send', async () => {
  const init = { method: 'POST', body: 'nonsense', headers: { 'content-type': 'text/plain' } }
  expect((await ask('/test/notes', { ...init, as: 'nobody' })).status).toBe(401)
})

describe('on the wire', () => {
  const head = (lines: string, target = 'POST /test/notes') =>
    `${target} HTTP/1.1\r\nHost: a\r\nAuthorization: ${basic('alice')}\r\n` +
    `Content-Type: application/json\r\n${lines}\r\n\r\n`

  test('a body comes in chunks and in pieces, and the next request after it', async () => {
    const socket = openSocket(server.port)
    socket.send(`${head('Transfer-Encoding: chunked')}9\r\n{"text":"\r\n`)
    socket.send('3\r\nabc\r\n2\r\n"}\r\n0\r\n\r\n')
    expect(await socket.until(/"text":"abc".*\}/)).toMatch(/^HTTP\/1\.1 201 /)
    socket.send(head('Content-Length: 12'))
    socket.send('{"text":')
    socket.send('"d"}')
    await socket.until(/"text":"d"/)
    socket.end()
  })

  test('a refusal waits for the body, so that the connection can go on', async () => {
    const socket = openSocket(server.port)
    socket.send('POST /test/notes HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab')
    socket.send('cdGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await socket.until(/"status":"ok"/)).toMatch(/^HTTP\/1\.1 401 [^]*HTTP\/1\.1 200 /)
    socket.end()
  })

  test.each([
    ['declared', head('Content-Length: 70000')],
    ['in chunks', `${head('Transfer-Encoding: chunked')}11170\r\n${'x'.repeat(0x11170)}\r\n`],
    ['beyond the route’s own limit', head('Content-Length: 101', 'PUT /test/notes/1')],
    ['of a GET', head('Content-Length: 70000', 'GET /test/notes')],
  ])('a body that is too large, %s, ends the connection', async (_, bytes) => {
    const socket = openSocket(server.port)
    socket.send(bytes)
    expect(await socket.until(/^HTTP\/1\.1 413 [^]*"code":"body-too-large"/)).toMatch(
      /Connection: close/i,
    )
    await socket.closed
  })

  test('a body of both lengths is refused before any route', async () => {
    const socket = openSocket(server.port)
    socket.send(`${head('Content-Length: 5\r\nTransfer-Encoding: chunked')}0\r\n\r\n`)
    await socket.until(/^HTTP\/1\.1 400 /)
    socket.end()
  })

  test('a client that goes in the middle of its body harms nobody', async () => {
    const socket = openSocket(server.port)
    socket.send(head('Content-Length: 1000'))
    socket.end()
    await socket.closed
    expect((await post('{"text":"after"}')).status).toBe(201)
  })

  test('a body that does not end is refused in time', async () => {
    const hasty = await startHttp({ limits: { bodyTimeoutMs: 50 } })
    const socket = openSocket(hasty.port)
    socket.send('GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc')
    await socket.until(/^HTTP\/1\.1 408 [^]*"code":"body-timeout"/)
    await socket.closed
    await hasty.stop()
  })
})

describe('methods', () => {
  test.each([
    ['/test/notes', 'POST, GET, HEAD'],
    ['/test/notes/1', 'PUT, DELETE'],
    ['/healthz', 'GET, HEAD'],
  ])('of %s', async (path, allow) => {
    const asked = await ask(path, { method: 'OPTIONS' })
    expect([asked.status, asked.response.headers.get('allow')]).toEqual([204, allow])
    const refused = await ask(path, { method: 'PATCH' })
    expect([refused.status, refused.response.headers.get('allow')]).toEqual([405, allow])
  })

  test('several of one path, each with its own rules', async () => {
    const put = await ask('/test/notes/7', {
      method: 'PUT',
      body: '{"text":"new"}',
      headers: JSON_TYPE,
    })
    expect(put).toMatchObject({ status: 200, body: { id: 7, text: 'new' } })
    expect((await ask('/test/notes/7', { method: 'DELETE' })).body).toMatchObject({
      status: 403,
      code: 'forbidden',
      reason: 'not-granted-by-rule',
    })
    expect((await ask('/test/notes/seven', { method: 'DELETE', as: 'root' })).status).toBe(404)
  })
})

describe('replies', () => {
  test('without a body have neither type nor length', async () => {
    const socket = openSocket(server.port)
    const line = `DELETE /test/notes/7 HTTP/1.1\r\nHost: a\r\nAuthorization: ${basic('root')}`
    socket.send(`${line}\r\n\r\n`)
    const answer = await socket.until(/\r\n\r\n/)
    expect(answer).toMatch(/^HTTP\/1\.1 204 No Content\r\n/)
    expect(answer).not.toMatch(/^content-(type|length)/im)
    socket.end()
  })

  test('carry each cookie in a header of its own', async () => {
    const { status, response } = await ask('/test/elsewhere')
    expect(status).toBe(302)
    expect(response.headers.get('location')).toBe('/healthz')
    expect(response.headers.getSetCookie()).toEqual(['one=1; HttpOnly', 'two=2; Secure'])
  })

  test('never carry a header that a value smuggles in', async () => {
    const { status, response } = await ask('/test/broken-header')
    expect(status).toBe(500)
    expect(response.headers.get('x-smuggled')).toBeNull()
  })

  test('know who asks: from where, with what', async () => {
    const headers = { 'user-agent': 'x'.repeat(300), cookie: 'a=b' }
    const { body } = await ask('/test/caller?q=1', { method: 'POST', headers })
    expect(body).toEqual({
      address: '127.0.0.1',
      path: '/test/caller',
      user_agent: 'x'.repeat(256),
      cookie: 'a=b',
      is_local: true,
    })
  })

  test('are not for pages of other sites', async () => {
    const from = (origin: string) =>
      ask('/test/caller', { method: 'POST', headers: { origin, ...JSON_TYPE } })
    expect((await from('https://elsewhere.example')).body).toMatchObject({
      code: 'forbidden',
      reason: 'another-site',
    })
    expect((await from('null')).status).toBe(403)
    expect((await from(`http://127.0.0.1:${server.port}`)).status).toBe(200)
  })
})

test('a 401 offers both ways to log in, and tells a wrong token from none', async () => {
  const challenge = async (headers: Record<string, string>) =>
    (await ask('/test/notes', { as: '', headers })).response.headers.get('www-authenticate')
  expect(await challenge({})).toBe('Basic realm="veza", charset="UTF-8", Bearer realm="veza"')
  expect(await challenge({ authorization: 'Bearer nonsense' })).toBe(
    'Basic realm="veza", charset="UTF-8", Bearer realm="veza", error="invalid_token"',
  )
})
