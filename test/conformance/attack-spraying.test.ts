import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { type Attempt, type Door, DOORS } from '#test/conformance/attack-doors.ts'
import { FAILURES, type Site, startSite, WINDOW_MS } from '#test/conformance/attack.fixture.ts'

let site: Site

beforeEach(async () => {
  site = await startSite()
})
afterEach(() => site.stop())

const doors = Object.entries<Door>(DOORS)

/** One after the other through the doors, all at the same time. */
function attack(attempts: readonly Attempt[]): Promise<string[]> {
  return Promise.all(
    attempts.map((attempt, index) => doors[index % doors.length]![1](site, attempt)),
  )
}

const counted = (outcomes: readonly string[]) => {
  const count = Object.groupBy(outcomes, (each) => each)
  return Object.fromEntries(Object.entries(count).map(([key, all]) => [key, all!.length]))
}

describe('one address that tries 35 names through every door at once', () => {
  const attempts = Array.from({ length: 35 }, (_, index) => ({
    name: index % 3 === 0 ? 'bob' : `nobody${index}`,
    password: `guess${index}`,
    from: '127.0.0.9',
  }))

  it('has five of them checked, and nobody else pays for it', async () => {
    const verify = vi.spyOn(site.system.passwords, 'verify')
    expect(counted(await attack(attempts))).toEqual({ wrong: FAILURES, locked: 35 - FAILURES })
    expect(verify.mock.calls.length).toBeLessThanOrEqual(FAILURES)
    const facts = await site.facts('lockout')
    const ofAddress = facts.filter(({ stream }) => stream.startsWith('lockout-address_'))
    expect(ofAddress.map(({ type }) => type)).toEqual([
      ...Array.from({ length: FAILURES }, () => 'lockout.failed'),
      'lockout.locked',
    ])
    for (const [, door] of doors) {
      expect(await door(site, { name: 'alice', password: 'password', from: '127.0.0.9' })).toBe(
        'locked',
      )
      expect(await door(site, { name: 'alice', password: 'password', from: '127.0.0.10' })).toBe(
        'in',
      )
    }
  })
})

describe('many addresses that try one account through every door at once', () => {
  const attempts = Array.from({ length: 42 }, (_, index) => ({
    name: index % 2 === 0 ? 'bob' : 'BOB',
    password: `guess${index}`,
    from: `127.0.1.${index + 1}`,
  }))

  it('have five of them checked; then it is locked at each door until the time is over', async () => {
    expect(counted(await attack(attempts))).toEqual({ wrong: FAILURES, locked: 42 - FAILURES })
    const right = { name: 'bob', password: 'password', from: '127.0.2.1' }
    for (const [name, door] of doors) {
      expect([name, await door(site, right)]).toEqual([name, 'locked'])
      expect([name, await door(site, { ...right, name: 'alice' })]).toEqual([name, 'in'])
    }
    site.clock.advance(WINDOW_MS)
    for (const [name, door] of doors) expect([name, await door(site, right)]).toEqual([name, 'in'])
  })

  it('are told by HTTP how long to wait', async () => {
    await attack(attempts)
    const body = { username: 'bob', password: 'password' }
    site.clock.advance(60_000)
    const { status, headers, text } = await site.ask('/api/v1/auth/login', { method: 'POST', body })
    expect([status, headers['retry-after']]).toEqual([429, '840'])
    expect(JSON.parse(text)).toMatchObject({ code: 'locked-out', retry_after_ms: 840_000 })
  })
})

it('headers that name another address change nothing about whose failure counts', async () => {
  const statuses: number[] = []
  for (let time = 0; time <= FAILURES; time++) {
    const spoofed = `198.51.100.${time}`
    const { status } = await site.ask('/api/v1/auth/login', {
      method: 'POST',
      from: '127.0.0.9',
      headers: {
        'X-Forwarded-For': spoofed,
        'X-Real-IP': spoofed,
        Forwarded: `for=${spoofed}`,
        'CF-Connecting-IP': spoofed,
        'True-Client-IP': spoofed,
      },
      body: { username: `nobody${time}`, password: 'guess' },
    })
    statuses.push(status)
  }
  expect(statuses).toEqual([...Array.from({ length: FAILURES }, () => 401), 429])
  const facts = await site.facts('lockout')
  const addresses = new Set(
    facts.map(({ stream }) => stream).filter((stream) => stream.startsWith('lockout-address_')),
  )
  expect(addresses.size).toBe(1)
})
