import { afterEach, beforeEach, expect, it } from 'vitest'

import { bearer, openSession, type Site, startSite } from '#test/conformance/attack.fixture.ts'
import { openClient } from '#test/conformance/ftp-client.ts'
import { basic } from '#test/conformance/http-server.ts'
import { connectWs, logInWs } from '#test/conformance/ws-client.ts'

let site: Site

beforeEach(async () => {
  site = await startSite()
})
afterEach(() => site.stop())

const post = (path: string, body: object, headers = {}) =>
  site.ask(`/api/v1/auth/${path}`, { method: 'POST', body, headers })

it.each(['logout', 'a second use of a refresh token', 'being ended by the member'])(
  'a WebSocket that came in by a session goes with it: %s',
  async (how) => {
    const tokens = await openSession(site, 'alice')
    const other = await openSession(site, 'alice')
    const [socket, stays] = [await connectWs(site.httpPort), await connectWs(site.httpPort)]
    await socket.ask('authenticate', { token: tokens.access })
    await stays.ask('authenticate', { token: other.access })
    const body = { refresh_token: tokens.refresh }
    if (how === 'logout') await post('logout', body)
    else if (how.startsWith('a second')) {
      await post('refresh', body)
      await post('refresh', body)
    } else {
      const path = `/api/v1/me/sessions/${tokens.session}`
      const headers = bearer(other.access)
      expect((await site.ask(path, { method: 'DELETE', headers })).status).toBe(204)
    }
    expect(await socket.closed()).toBe(4504)
    expect((await stays.ask('ping')).type).toBe('pong')
    await stays.end()
  },
)

it('who came in by an API token goes when it is revoked', async () => {
  const { apiTokens, ids } = site.system
  const context = { by: 'alice', connection: null, commandId: ids.next() }
  const made = { label: 'x', scopes: ['read', 'chat'] as const, expiresAt: null }
  const { id, text } = await apiTokens.create('alice', made, context)
  const [socket, stays] = [await connectWs(site.httpPort), await logInWs(site.httpPort, 'alice')]
  await socket.ask('authenticate', { token: text })
  const ftp = await openClient(site.ftpPort)
  await ftp.expect('220')
  await ftp.say('USER alice', '331')
  await ftp.say(`PASS ${text}`, '230')
  const headers = { Authorization: basic('alice') }
  const { status } = await site.ask(`/api/v1/me/tokens/${id}`, { method: 'DELETE', headers })
  expect(status).toBe(204)
  expect(await socket.closed()).toBe(4504)
  await ftp.expect('421')
  expect((await stays.ask('ping')).type).toBe('pong')
  await stays.end()
})
