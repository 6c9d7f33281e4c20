import { request } from 'node:http'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { type HttpTestServer, startHttp } from '#test/conformance/http-server.ts'
import { connectWs } from '#test/conformance/ws-client.ts'

let server: HttpTestServer

beforeEach(async () => {
  server = await startHttp()
})

afterEach(() => server.stop())

/** An upgrade as no browser can send it: with headers of one's own. */
function upgrade(headers: Record<string, string>): Promise<{ status: number; protocol?: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({
      port: server.port,
      host: '127.0.0.1',
      path: '/ws',
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    })
    sent.on('upgrade', (response, socket) => {
      socket.destroy()
      const protocol = response.headers['sec-websocket-protocol']
      resolve({ status: response.statusCode!, ...(protocol && { protocol }) })
    })
    sent.on('response', (response) => {
      response.resume()
      resolve({ status: response.statusCode! })
    })
    sent.on('error', reject)
    sent.end()
  })
}

const basic = (credentials: string) => ({
  Authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
})

test('takes HTTP Basic in the upgrade request', async () => {
  expect(await upgrade(basic('alice:password'))).toEqual({ status: 101 })
  expect(await upgrade(basic('alice:wrong'))).toEqual({ status: 401 })
  expect(await upgrade(basic('nobody:password'))).toEqual({ status: 401 })
  expect(await upgrade({ Authorization: 'Bearer x' })).toEqual({ status: 401 })
  const types = async () => {
    const facts = await Array.fromAsync(server.system.log.readAll({ kinds: ['connection'] }))
    return facts.map(({ type }) => type)
  }
  await expect
    .poll(types)
    .toEqual(['connection.opened', 'connection.authenticated', 'connection.closed'])
})

test('a page of another site cannot use a remembered password', async () => {
  const own = `http://127.0.0.1:${server.port}`
  expect(await upgrade({ ...basic('alice:password'), Origin: 'https://evil.example' })).toEqual({
    status: 403,
  })
  expect(await upgrade({ ...basic('alice:password'), Origin: 'null' })).toEqual({ status: 403 })
  expect(await upgrade({ ...basic('alice:password'), Origin: own })).toEqual({ status: 101 })
  expect(await upgrade({ Origin: 'https://evil.example' })).toEqual({ status: 101 })
})

test('names its subprotocol to who offers it', async () => {
  const offer = { 'Sec-WebSocket-Protocol': 'other, veza.v1.json' }
  expect(await upgrade(offer)).toEqual({ status: 101, protocol: 'veza.v1.json' })
  const client = await connectWs(server.port, ['veza.v1.json'])
  expect(client.socket.protocol).toBe('veza.v1.json')
  await client.end()
})
