import { afterEach, beforeEach, expect, test } from 'vitest'

import { createTestRoutes } from '#test/conformance/http-routes.ts'
import { basic, type HttpTestServer, startHttp } from '#test/conformance/http-server.ts'

let server: HttpTestServer
let notes: ReturnType<typeof createTestRoutes>

beforeEach(async () => {
  notes = createTestRoutes()
  server = await startHttp({ routes: notes.routes })
})
afterEach(() => server.stop())

interface Asked {
  readonly key?: string
  readonly as?: string
  readonly query?: string
}

async function make(text: string, { key, as = 'alice', query = '' }: Asked = {}) {
  const response = await fetch(`http://127.0.0.1:${server.port}/test/notes${query}`, {
    method: 'POST',
    body: JSON.stringify({ text }),
    headers: {
      authorization: basic(as),
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
  })
  const body = (await response.json()) as any
  return { status: response.status, body, replayed: response.headers.get('idempotent-replayed') }
}

test('the same key has one effect, and the same answer', async () => {
  const first = await make('one', { key: 'k-1' })
  const again = await make('one', { key: 'k-1' })
  expect(first).toMatchObject({ status: 201, replayed: null })
  expect(again).toEqual({ ...first, replayed: 'true' })
  expect(notes.made()).toBe(1)
})

test('without a key each request is one of its own', async () => {
  const [first, second] = [await make('one'), await make('one')]
  expect(first.body.command).not.toBe(second.body.command)
  expect(first.body.command).not.toBe(first.body.step)
  expect(notes.made()).toBe(2)
})

test('the command’s id is the same in every process, and another for each step and member', async () => {
  const other = await startHttp({ routes: createTestRoutes().routes })
  const first = await make('one', { key: 'k' })
  const elsewhere = await fetch(`http://127.0.0.1:${other.port}/test/notes`, {
    method: 'POST',
    body: '{"text":"one"}',
    headers: {
      authorization: basic('alice'),
      'content-type': 'application/json',
      'idempotency-key': 'k',
    },
  })
  expect(await elsewhere.json()).toMatchObject({ command: first.body.command })
  await other.stop()
  const bobs = await make('one', { key: 'k', as: 'bob' })
  const ids = [first.body.command, first.body.step, bobs.body.command, bobs.body.step]
  expect(new Set(ids).size).toBe(4)
})

test('a key is for one request alone', async () => {
  await make('one', { key: 'k' })
  for (const asked of [make('two', { key: 'k' }), make('one', { key: 'k', query: '?place=x' })]) {
    expect(await asked).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    })
  }
  expect(notes.made()).toBe(1)
})

test('while the first request runs, the second is told so', async () => {
  const first = make('slow', { key: 'k' })
  await expect
    .poll(async () => (await make('slow', { key: 'k' })).body.code)
    .toBe('request-in-flight')
  notes.release()
  expect((await first).status).toBe(201)
  expect((await make('slow', { key: 'k' })).replayed).toBe('true')
  expect(notes.made()).toBe(1)
})

test('what was refused may be tried again', async () => {
  const first = await make('refused', { key: 'k' })
  const again = await make('refused', { key: 'k' })
  expect([first.status, again.status]).toEqual([404, 404])
  expect(again.replayed).toBeNull()
})

test.each(['with space', 'x'.repeat(129), 'aümlaut'])('refuses the key %j', async (key) => {
  expect((await make('one', { key })).body.code).toBe('invalid-idempotency-key')
})
