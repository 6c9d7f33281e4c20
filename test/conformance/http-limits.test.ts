import { afterEach, expect, test } from 'vitest'

import type { TokenScope } from '#actors/account/account.commands.ts'
import { createTestRoutes } from '#test/conformance/http-routes.ts'
import { basic, type HttpTestServer, startHttp } from '#test/conformance/http-server.ts'
import { createTestSystem } from '#test/harness.ts'

let server: HttpTestServer
afterEach(() => server.stop())

async function start(rateLimits?: string) {
  const system = await createTestSystem(rateLimits === undefined ? {} : { rateLimits })
  server = await startHttp({ system, routes: createTestRoutes().routes })
}

async function ask(method: string, authorization: string, path = '/test/notes') {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(method === 'POST' && { body: '{"text":"x"}' }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text && JSON.parse(text) }
}

test('reading and writing have budgets of their own, which each answer tells', async () => {
  await start('api_read=3/60 api_write=1/60')
  const first = await ask('GET', basic('alice'))
  expect(first.headers.get('ratelimit-policy')).toBe('"api_read";q=3;w=60')
  expect(first.headers.get('ratelimit')).toMatch(/^"api_read";r=2;t=\d+$/)
  expect((await ask('HEAD', basic('alice'))).status).toBe(200)
  expect((await ask('POST', basic('alice'))).status).toBe(201)
  const refused = await ask('POST', basic('alice'))
  expect(refused).toMatchObject({
    status: 429,
    body: { code: 'rate-limited', action: 'api_write', retry_after_ms: expect.any(Number) },
  })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(refused.headers.get('ratelimit')).toMatch(/^"api_write";r=0;t=\d+$/)
  expect((await ask('GET', basic('alice'))).status).toBe(200)
  expect((await ask('POST', basic('bob'))).status).toBe(201)
})

test('a token is for its scopes alone: of a route, or by its method', async () => {
  await start()
  const { ids, apiTokens } = server.system
  const tokenFor = async (scopes: TokenScope[]) => {
    const context = { by: 'root', connection: null, commandId: ids.next() }
    const made = await apiTokens.create('root', { label: 'test', scopes, expiresAt: null }, context)
    return `Bearer ${made.text}`
  }
  const reading = await tokenFor(['read'])
  expect((await ask('GET', reading)).status).toBe(200)
  expect((await ask('POST', reading)).body).toMatchObject({
    status: 403,
    code: 'outside-token-scope',
    scope: 'chat',
  })
  expect((await ask('DELETE', reading, '/test/notes/1')).body).toMatchObject({
    action: 'administer-accounts',
    reason: 'outside-token-scope',
  })
  expect((await ask('POST', await tokenFor(['chat']))).status).toBe(201)
  expect((await ask('DELETE', await tokenFor(['admin']), '/test/notes/1')).status).toBe(204)
})
