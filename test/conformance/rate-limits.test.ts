import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'

import { readQuotas } from '#gateways/kernel/rate-limits/actions.ts'
import { createRateLimits } from '#gateways/kernel/rate-limits/rate-limits.ts'
import type { Tier } from '#gateways/kernel/rate-limits/tiers.ts'
import { createMemoryKeyValue } from '#infra/memory/memory-key-value.ts'

import { createManualClock } from '#test/conformance/manual-clock.ts'
import { bob, startProcess } from '#test/conformance/rate-limits-fixture.ts'

/** One process with its own records, and one with those of a cluster, behave the same. */
const KINDS = [
  ['by itself', () => undefined],
  ['in a cluster', createMemoryKeyValue],
] as const

describe.each(KINDS)('a process %s', (_, createKeyValue) => {
  const create = (settings = {}) => {
    const clock = createManualClock()
    const keyValue = createKeyValue()
    return { clock, ...startProcess({ clock, settings, ...(keyValue && { keyValue }) }) }
  }

  it.each([
    ['new', 30],
    ['member', 60],
    ['trusted', 120],
    ['moderator', 300],
    ['siteop', 1_000],
  ] as const)('lets a %s say %i of 1,000 messages at once', async (tier, allowed) => {
    const { sayMany, count } = create()
    expect(await sayMany(1_000, { id: 'bob', tier })).toBe(allowed)
    expect(await count('refusals', { action: 'send_message', gateway: 'ws', tier })).toBe(
      1_000 - allowed,
    )
  })

  it('counts each action and each member for itself', async () => {
    const { limits, sayMany } = create()
    expect(await sayMany(65)).toBe(60)
    expect(await sayMany(65, { id: 'alice' })).toBe(60)
    const join = () => limits.take(bob, 'join_room', { gateway: 'irc' })
    expect(await join()).toMatchObject({ isAllowed: true, limit: 10, remaining: 9 })
  })

  it('limits what a siteop asks of the API, and leaves at least one to everybody', async () => {
    const { limits } = create()
    const take = (tier: Tier, action: 'api_read' | 'create_room') =>
      limits.take({ id: tier, tier }, action, { gateway: 'http' })
    expect((await take('siteop', 'api_read')).limit).toBe(3_000)
    expect((await take('siteop', 'create_room')).limit).toBe(Infinity)
    const first = await take('new', 'create_room')
    expect(first).toMatchObject({ isAllowed: true, limit: 1 })
    expect((await take('new', 'create_room')).retryAfterMs).toBe(20_000)
  })

  it('takes in advance from who would rather wait', async () => {
    const { limits, sayMany } = create()
    await sayMany(60)
    const options = { gateway: 'irc', maxWaitMs: 2_000 }
    const waits = []
    for (let each = 0; each < 3; each++) {
      waits.push((await limits.take(bob, 'send_message', options)).waitMs)
    }
    expect(waits).toEqual([1_000, 2_000, 0])
  })

  it('has no limit for an action that is off', async () => {
    const { sayMany } = create({ quotas: readQuotas('send_message=off') })
    expect(await sayMany(1_000)).toBe(1_000)
  })

  it('tightens all limits of who repeats the same text, once and for ten minutes', async () => {
    const { clock, limits, tightened, count } = create()
    const limitOf = async () => (await limits.take(bob, 'join_room', { gateway: 'ws' })).limit
    for (let each = 0; each < 3; each++) await limits.heard(bob, 'Buy now')
    expect([tightened, await limitOf()]).toEqual([[], 10])
    const untilMs = clock.now() + 600_000
    for (let each = 0; each < 5; each++) await limits.heard(bob, 'BUY NOW')
    expect(tightened).toEqual([['bob', 'repeated-text', untilMs]])
    expect(await count('tightened', { signal: 'repeated-text' })).toBe(1)
    expect(await limitOf()).toBe(2)
    clock.advance(599_999)
    expect(await limitOf()).toBe(2)
    clock.advance(1)
    expect(await limitOf()).toBe(10)
    for (let each = 0; each < 4; each++) await limits.heard(bob, 'buy now')
    expect(tightened).toHaveLength(2)
  })

  it('tightens the limits of who keeps hitting them, but not for reading too much', async () => {
    const { limits, sayMany, tightened } = create({ quotas: readQuotas('api_read=1/60') })
    for (let each = 0; each < 20; each++) await limits.take(bob, 'api_read', { gateway: 'http' })
    await sayMany(69)
    expect(tightened).toEqual([])
    await sayMany(1)
    expect(tightened).toMatchObject([['bob', 'hitting-limits', expect.any(Number)]])
  })

  it('lets siteops say what they like', async () => {
    const { limits, tightened } = create()
    for (let each = 0; each < 9; each++) await limits.heard({ id: 'r', tier: 'siteop' }, 'NO')
    expect(tightened).toEqual([])
  })
})

it('reports when a tightening could not be told', async () => {
  const [reported, trouble] = [Promise.withResolvers<unknown>(), new Error('the log is full')]
  const limits = createRateLimits({
    clock: createManualClock(),
    registry: new Registry(),
    report: reported.resolve,
    onTightened: () => Promise.reject(trouble),
  })
  await limits.heard(bob, 'https://example.org '.repeat(6))
  expect(await reported.promise).toBe(trouble)
})
