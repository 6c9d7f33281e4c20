import { afterEach, beforeEach, expect, test } from 'vitest'

import { type HttpTestServer, startHttp } from '#test/conformance/http-server.ts'
import { enrolSecondFactor } from '#test/conformance/second-factor.fixture.ts'
import { connectWs } from '#test/conformance/ws-client.ts'

let server: HttpTestServer
let factor: Awaited<ReturnType<typeof enrolSecondFactor>>

beforeEach(async () => {
  server = await startHttp()
  factor = await enrolSecondFactor(server.system, 'alice')
})
afterEach(() => server.stop())

const credentials = { username: 'alice', password: 'password' }

/** What is recorded of the connections that somebody is logged in by. */
async function logins(): Promise<unknown[]> {
  const facts = await Array.fromAsync(server.system.log.readAll({ kinds: ['connection'] }))
  return facts
    .filter(({ type }) => type === 'connection.authenticated')
    .map(({ data }) => (data as { readonly account: string }).account)
}

test('the right code of a second factor lets a member in, and is good once', async () => {
  const client = await connectWs(server.port)
  const right = { ...credentials, code: factor.code(1) }
  expect(await client.ask('authenticate', right)).toMatchObject({
    type: 'ack',
    data: { member: 'alice', name: 'alice' },
  })
  expect((await client.ask('subscribe', { kinds: ['race'] })).type).not.toBe('error')
  await client.end()

  const again = await connectWs(server.port)
  expect((await again.ask('authenticate', right)).data.code).toBe('login-incorrect')
  expect(await again.closed()).toBe(4501)
  expect(await logins()).toEqual(['alice'])
})

test('a recovery code does as well, once', async () => {
  const right = { ...credentials, code: factor.recovery[0] }
  const client = await connectWs(server.port)
  expect((await client.ask('authenticate', right)).type).toBe('ack')
  await client.end()
  const again = await connectWs(server.port)
  expect((await again.ask('authenticate', right)).data.code).toBe('login-incorrect')
  await again.closed()
})

test.each([
  ['the code of another time', () => factor.code(40)],
  ['the code that confirmed the enrolment', () => factor.code(0)],
  ['what is no code', () => 'not a code'],
])('%s ends the socket as a wrong password does', async (_, code) => {
  const client = await connectWs(server.port)
  const wrong = await client.ask('authenticate', { ...credentials, code: code() })
  expect(wrong).toMatchObject({ type: 'error', data: { code: 'login-incorrect' } })
  expect(await client.closed()).toBe(4501)
  expect(await logins()).toEqual([])
})

test('without a code it is asked for, and may still come over the same socket', async () => {
  const client = await connectWs(server.port)
  for (const more of [{}, { code: '' }]) {
    expect(await client.ask('authenticate', { ...credentials, ...more })).toMatchObject({
      type: 'error',
      data: { code: 'mfa-required', temporary: false },
    })
  }
  const refused = await client.ask('subscribe', { kinds: ['race'] })
  expect(refused.data.code).toBe('not-authenticated')
  expect(await logins()).toEqual([])
  const right = { ...credentials, code: factor.code(1) }
  expect((await client.ask('authenticate', right)).type).toBe('ack')
  expect(await logins()).toEqual(['alice'])
  await client.end()
})

test('whether there is a second factor is not told to who has no password', async () => {
  const client = await connectWs(server.port)
  const guess = { ...credentials, password: 'wrong' }
  expect((await client.ask('authenticate', guess)).data.code).toBe('login-incorrect')
  await client.closed()
})
