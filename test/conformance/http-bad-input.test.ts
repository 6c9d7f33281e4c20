import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { type HttpTestServer, openSocket, startHttp } from '#test/conformance/http-server.ts'

let server: HttpTestServer

beforeEach(async () => {
  server = await startHttp()
})

afterEach(async () => {
  // The next client is served: what every one of these tests ends with.
  const { status } = await fetch(`http://127.0.0.1:${server.port}/healthz`)
  await server.stop()
  assert.equal(status, 200)
})

/** Sends bytes as they are, and resolves with what came until the server closed or fell silent. */
function exchange(bytes: string | Buffer, silenceMs = 300): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1')
    let answer = ''
    const finish = () => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(silenceMs, finish)
    socket.on('data', (data) => (answer += data.toString('latin1')))
    socket.on('error', finish)
    socket.on('close', finish)
    socket.write(bytes)
  })
}

const BAD: readonly (readonly [string, string | Buffer, RegExp])[] = [
  ['binary garbage', Buffer.from([0, 255, 1, 254, 13, 10, 13, 10]), /^(HTTP\/1\.1 [45]|$)/],
  [
    'headers of 60 kB',
    `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(60_000)}\r\n\r\n`,
    /^HTTP\/1\.1 431 /,
  ],
  ['a path of 60 kB', `GET /${'x'.repeat(60_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, /^HTTP\/1\.1 4/],
  ['an unknown method', 'FROB /healthz HTTP/1.1\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 405 /],
  [
    'a body that is too large',
    `POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nx`,
    /^HTTP\/1\.1 (405|413) /,
  ],
  [
    'a large body on GET',
    `GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nx`,
    /^HTTP\/1\.1 413 /,
  ],
  [
    'a strange Content-Length',
    'GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n',
    /^(HTTP\/1\.1 4|$)/,
  ],
  [
    'control characters in the path',
    'GET /api/v1/races/%00%01 HTTP/1.1\r\nHost: a\r\n\r\n',
    /^HTTP\/1\.1 401 /,
  ],
  ['a traversal', 'GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 404 /],
  [
    'an upgrade to something else',
    'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n',
    /^HTTP\/1\.1 (426|4)/,
  ],
]

test.each(BAD)('answers %s properly', async (_, bytes, expected) => {
  expect(await exchange(bytes)).toMatch(expected)
})

test('a request that is given up while its password is checked harms nobody', async () => {
  const credentials = Buffer.from('alice:wrong').toString('base64')
  for (let count = 0; count < 50; count++) {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `GET /api/v1/races HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${credentials}\r\n\r\n`,
      () => socket.resetAndDestroy(),
    )
    await new Promise((resolve) => socket.once('close', resolve))
  }
})

test('1,000 connections that say nothing', async () => {
  const sockets: Socket[] = []
  for (let count = 0; count < 1_000; count++) {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    sockets.push(socket)
  }
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))),
  )
  expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200)
  for (const socket of sockets) socket.destroy()
})

test('who says nothing, or half of something, is let go in the end', async () => {
  const silent = openSocket(server.port)
  const half = openSocket(server.port)
  half.send('GET /healthz HTTP/1.1\r\nHos')
  const idle = openSocket(server.port)
  idle.send('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
  await idle.until(/"status":"ok"/)
  await Promise.all([silent.closed, half.closed, idle.closed])
})

test('a failure of ours is a problem with an id, and tells nothing else', async () => {
  const authorization = `Basic ${Buffer.from('alice:password').toString('base64')}`
  // This server has no read models at all.
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/races`, {
    headers: { authorization },
  })
  expect(response.status).toBe(500)
  expect(await response.json()).toEqual({
    type: 'about:blank',
    title: 'Something went wrong.',
    status: 500,
    code: 'internal-error',
    request_id: expect.any(String),
  })
})

test('two servers cannot share a port', async () => {
  await expect(startHttp({ port: server.port })).rejects.toThrow(/cannot listen/)
})
