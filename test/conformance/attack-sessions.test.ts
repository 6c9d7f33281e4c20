import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { DOORS } from '#test/conformance/attack-doors.ts'
import { bearer, openSession, type Site, startSite } from '#test/conformance/attack.fixture.ts'
import { openClient } from '#test/conformance/ftp-client.ts'
import { basic } from '#test/conformance/http-server.ts'
import { logIn } from '#test/conformance/irc-client.ts'
import { connectWs, logInWs } from '#test/conformance/ws-client.ts'

const NEW_PASSWORD = 'Quite another, 42'

let site: Site

beforeEach(async () => {
  site = await startSite()
})
afterEach(() => site.stop())

/** A member by every way that keeps them in: real sockets, and two sessions over HTTP. */
async function everywhere(name: string) {
  const ftp = await openClient(site.ftpPort)
  await ftp.expect('220')
  await ftp.say(`USER ${name}`, '331')
  await ftp.say('PASS password', '230')
  const irc = await logIn(site.ircPort, name)
  const byPassword = await logInWs(site.httpPort, name)
  const sessions = [await openSession(site, name), await openSession(site, name)] as const
  const byToken = await connectWs(site.httpPort)
  await byToken.ask('authenticate', { token: sessions[1].access })
  const sockets = [byPassword, byToken] as const
  const statuses = () =>
    Promise.all(
      [bearer(sessions[0].access), bearer(sessions[1].access), { Authorization: basic(name) }].map(
        async (headers) => (await site.ask('/api/v1/me', { headers })).status,
      ),
    )
  return {
    sessions,
    statuses,
    refreshes: () =>
      Promise.all(
        sessions.map(async ({ refresh }) => {
          const body = { refresh_token: refresh }
          return (await site.ask('/api/v1/auth/refresh', { method: 'POST', body })).status
        }),
      ),
    /** What each was told as it was closed; resolves when all of them are. */
    async sentOut() {
      const said = await ftp.read()
      const lines = await irc.closed()
      const codes = await Promise.all(sockets.map((socket) => socket.closed()))
      return { ftp: said, ftpThen: await ftp.read(), irc: lines.at(-1), codes }
    },
    async isStillIn() {
      await ftp.say('NOOP', '200')
      irc.send('PING x')
      await irc.until(/PONG/)
      for (const socket of sockets) expect((await socket.ask('ping')).type).toBe('pong')
      expect(await statuses()).toEqual([200, 200, 200])
    },
    async end() {
      await ftp.close()
      irc.socket.destroy()
      await Promise.all(sockets.map((socket) => socket.end()))
    },
  }
}

const asRoot = (method: string, path: string, body?: object) =>
  site.ask(path, { method, headers: { Authorization: basic('root') }, ...(body && { body }) })

const ENDINGS: readonly {
  readonly after: string
  readonly reason: string
  run(access: string): ReturnType<Site['ask']>
}[] = [
  {
    after: 'a change of password by the member',
    reason: 'password-changed',
    run: (access) =>
      site.ask('/api/v1/me/password', {
        method: 'POST',
        headers: bearer(access),
        body: { current: 'password', password: NEW_PASSWORD },
      }),
  },
  {
    after: 'a change of password by a siteop',
    reason: 'password-changed',
    run: () => asRoot('POST', '/api/v1/accounts/alice/password', { password: NEW_PASSWORD }),
  },
  {
    after: 'a ban',
    reason: 'banned',
    run: () => asRoot('POST', '/api/v1/accounts/alice/ban', { reason: 'x' }),
  },
  {
    after: 'a deletion',
    reason: 'account-deleted',
    run: () => asRoot('DELETE', '/api/v1/accounts/alice', { reason: 'x' }),
  },
  {
    after: 'being switched off',
    reason: 'deactivated',
    run: () => asRoot('PATCH', '/api/v1/accounts/alice', { active: false, reason: 'x' }),
  },
]

describe('after', () => {
  it.each(ENDINGS)('$after nothing of that member goes on, and all of others', async (ending) => {
    const alice = await everywhere('alice')
    const bob = await everywhere('bob')
    await alice.isStillIn()
    const { status } = await ending.run(alice.sessions[0].access)
    expect([200, 204]).toContain(status)

    const told = await alice.sentOut()
    expect(told.ftp).toMatch(/^421 /)
    expect(told.ftpThen).toBeUndefined()
    expect(told.irc).toMatch(new RegExp(`^ERROR .*${ending.reason}`))
    expect(told.codes).toEqual([4504, 4504])
    const statuses = await alice.statuses()
    expect(statuses.every((each) => each === 401 || each === 403)).toBe(true)
    expect(await alice.refreshes()).toEqual([401, 401])
    await bob.isStillIn()
    await bob.end()
  })

  it('a change of password the new one lets in everywhere, and the old one nowhere', async () => {
    const { access } = await openSession(site, 'alice')
    await ENDINGS[0]!.run(access)
    for (const [door, enter] of Object.entries(DOORS)) {
      const from = `127.0.3.${Object.keys(DOORS).indexOf(door) + 1}`
      const tries = { name: 'alice', from }
      expect([door, await enter(site, { ...tries, password: 'password' })]).toEqual([door, 'wrong'])
      expect([door, await enter(site, { ...tries, password: NEW_PASSWORD })]).toEqual([door, 'in'])
    }
  })

  it('a role is given away its powers are gone from the sessions that had them', async () => {
    await site.system.addMember({ name: 'carol', role: 'administrator' })
    const { access } = await openSession(site, 'carol')
    const unban = () =>
      site.ask('/api/v1/accounts/bob/unlock', { method: 'POST', headers: bearer(access) })
    expect((await unban()).status).toBe(204)
    expect((await asRoot('PATCH', '/api/v1/accounts/carol', { role: 'user' })).status).toBe(200)
    expect((await unban()).status).toBe(403)
  })

  it('a failed change of password everything goes on', async () => {
    const alice = await everywhere('alice')
    const { status } = await site.ask('/api/v1/me/password', {
      method: 'POST',
      headers: bearer(alice.sessions[0].access),
      body: { current: 'guess', password: NEW_PASSWORD },
    })
    expect(status).toBe(401)
    await alice.isStillIn()
    await alice.end()
  })
})
