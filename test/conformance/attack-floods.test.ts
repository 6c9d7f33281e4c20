import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createMembers } from '#gateways/members/members.ts'
import { type Attempt, DOORS } from '#test/conformance/attack-doors.ts'
import { openLines } from '#test/conformance/attack-sockets.ts'
import {
  FAILURES,
  type Site,
  startSite,
  WINDOW_MS,
  wordsOf,
} from '#test/conformance/attack.fixture.ts'

let site: Site

beforeEach(async () => {
  site = await startSite()
})
afterEach(() => site.stop())

const login = (username: string, password: string, from: string) =>
  site.ask('/api/v1/auth/login', { method: 'POST', body: { username, password }, from })

const logLength = async () => (await Array.fromAsync(site.system.log.readAll())).length

describe('a thousand wrong logins from one address', () => {
  it('leave the facts of five in the log, and hash five passwords', async () => {
    const verify = vi.spyOn(site.system.passwords, 'verify')
    const before = await logLength()
    const statuses: number[] = []
    for (let batch = 0; batch < 50; batch++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          login(`nobody${batch * 20 + index}`, 'guess', '127.0.0.9'),
        ),
      )
      statuses.push(...answers.map(({ status }) => status))
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(FAILURES)
    expect(statuses.filter((status) => status === 429)).toHaveLength(1_000 - FAILURES)
    expect(verify).toHaveBeenCalledTimes(FAILURES)
    // Five for the address, five for the names, and one that it is locked.
    expect((await logLength()) - before).toBe(2 * FAILURES + 1)
  })
})

describe('requests with credentials that are wrong', () => {
  it('leave no more behind than their five failures', async () => {
    const before = await logLength()
    for (let time = 0; time < 200; time++) {
      const headers = {
        Authorization: `Basic ${Buffer.from(`bob:guess${time}`).toString('base64')}`,
      }
      const { status } = await site.ask('/api/v1/me/password', {
        method: 'POST',
        headers,
        body: { password: 'x' },
        from: '127.0.0.9',
      })
      expect(status).toBe(time < FAILURES ? 401 : 429)
    }
    expect((await logLength()) - before).toBe(2 * (FAILURES + 1))
  })
})

describe('an IRC client', () => {
  const negotiating = async () => {
    const client = await openLines(site.ircPort, '127.0.0.9')
    client.send('CAP LS 302', 'CAP REQ :sasl', 'NICK x', 'USER x 0 * :x')
    await client.until(/ ACK :?sasl ?\r\n/)
    return client
  }
  const guess = (name: string) => Buffer.from(`\0${name}\0guess`).toString('base64')

  it('that floods with AUTHENTICATE is sent away', async () => {
    const client = await negotiating()
    const before = await site.facts('lockout')
    client.send(...Array.from({ length: 500 }, () => `AUTHENTICATE ${'A'.repeat(400)}`))
    expect(await client.closed()).toContain('Excess Flood')
    expect(await site.facts('lockout')).toEqual(before)
  })

  it('that guesses on and on has five checked, and is sent away', async () => {
    const verify = vi.spyOn(site.system.passwords, 'verify')
    const client = await negotiating()
    for (let time = 0; time < 10; time++) {
      client.send('AUTHENTICATE PLAIN', `AUTHENTICATE ${guess(`nobody${time}`)}`)
      await client.until(/ 904 /)
    }
    expect(await client.closed()).toContain('Too many failed logins')
    expect(verify).toHaveBeenCalledTimes(FAILURES)
  })
})

describe('an unknown name and a wrong password', () => {
  /** Of a name that nobody has a tag is recorded: the name may be a password. */
  const kindOf = (stream: string) => stream.split('_')[0]!.replace(/-name$/, '-account')

  /** What is heard, how many hashes it takes, and what is recorded, without whom it is about. */
  async function tracesOf(name: string, from: string) {
    const verify = vi.spyOn(site.system.passwords, 'verify')
    const hash = vi.spyOn(site.system.passwords, 'hash')
    const before = (await site.facts('lockout')).length
    const replies = []
    for (let time = 0; time < FAILURES + 1; time++) {
      replies.push(wordsOf(await login(name, 'guess', from)))
    }
    const facts = (await site.facts('lockout')).slice(before)
    const [verified, hashed] = [verify.mock.calls.length, hash.mock.calls.length]
    vi.restoreAllMocks()
    return {
      replies,
      verified,
      hashed,
      facts: facts.map(({ type, stream, version }) => [type, kindOf(stream), version]),
    }
  }

  it('cost the same, are answered in the same bytes, and leave the same facts', async () => {
    // The first unknown name has the decoy made, once for the life of the process.
    await login('nobody', 'guess', '127.0.0.7')
    const known = await tracesOf('bob', '127.0.0.8')
    const unknown = await tracesOf('mallory', '127.0.0.9')
    expect(unknown).toEqual(known)
    expect([known.verified, known.hashed]).toEqual([FAILURES, 0])
  })

  it('are challenged by SCRAM with the salts of before, after a restart too', async () => {
    const { system } = site
    await DOORS['HTTP login'](site, { name: 'bob', password: 'password', from: '127.0.0.8' })
    const again = createMembers(
      { ...system, registry: new Registry() },
      {
        attempts: { failures: FAILURES, windowMs: WINDOW_MS },
        mfaRoles: [],
        allowsAnonymous: false,
        issuer: 'test',
        refreshMs: WINDOW_MS,
        scramIterations: 4_096,
      },
    )
    const salts: string[] = []
    for (const name of ['bob', 'nobody', 'mallory']) {
      const [before, after] = [await system.login.scram(name), await again.login.scram(name)]
      expect([after.salt, after.iterations]).toEqual([before.salt, before.iterations])
      salts.push(after.salt)
    }
    expect(new Set(salts).size).toBe(3)
    expect(new Set(salts.map(({ length }) => length)).size).toBe(1)
  })

  it.each(Object.entries(DOORS))('are told apart by nobody at the door of %s', async (_, door) => {
    const outcomes = async (name: string, from: string) => {
      const attempt: Attempt = { name, password: 'guess', from }
      const said = []
      for (let time = 0; time < FAILURES + 1; time++) said.push(await door(site, attempt))
      return said
    }
    const expected = [...Array.from({ length: FAILURES }, () => 'wrong'), 'locked']
    expect(await outcomes('bob', '127.0.0.8')).toEqual(expected)
    expect(await outcomes('mallory', '127.0.0.9')).toEqual(expected)
    site.clock.advance(WINDOW_MS)
    expect(await outcomes('BoB', '127.0.0.8')).toEqual(expected)
  })
})
