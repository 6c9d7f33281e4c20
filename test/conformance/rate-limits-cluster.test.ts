import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Clock } from '#events/clock.ts'
import { type KeyValue, KeyValueUnavailable } from '#events/key-value.ts'
import { DEFAULT_QUOTAS } from '#gateways/kernel/rate-limits/actions.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createMemoryKeyValue } from '#infra/memory/memory-key-value.ts'
import { BUCKETS } from '#infra/nats/buckets.ts'
import { createNatsKeyValue } from '#infra/nats/nats-key-value.ts'

import { createManualClock } from '#test/conformance/manual-clock.ts'
import { connectTo, type NatsServer, startNatsServer } from '#test/conformance/nats-server.ts'
import { bob, type Process, startProcess } from '#test/conformance/rate-limits-fixture.ts'

/** What processes of a cluster promise, over one bucket each has opened for itself. */
async function shareOneBudget(processes: readonly Process[]): Promise<void> {
  const allowed = await Promise.all(processes.map((each) => each.sayMany(100)))
  expect(allowed.reduce((sum, each) => sum + each, 0)).toBe(60)
  for (const { count, reported } of processes) {
    expect([await count('fallback'), reported]).toEqual([0, []])
  }
}

async function tightenOnce(processes: readonly Process[]): Promise<void> {
  const eve = { id: 'eve' }
  const text = '@someone '.repeat(11)
  await Promise.all(processes.map(({ limits }) => limits.heard(eve, text)))
  const told = processes.flatMap(({ tightened }) => tightened)
  expect(told.filter(([member]) => member === eve.id)).toHaveLength(1)
  for (const { limits } of processes) {
    expect((await limits.take(eve, 'join_room', { gateway: 'ws' })).limit).toBe(2)
  }
}

describe('processes that share a bucket', () => {
  const start = (count: number, keyValue: KeyValue = createMemoryKeyValue()) => {
    const clock = createManualClock()
    return Array.from({ length: count }, () => startProcess({ clock, keyValue }))
  }

  it.each([2, 3, 5])('%i of them give one budget away once', (count) =>
    shareOneBudget(start(count)),
  )

  it('tighten once, and all of them know', () => tightenOnce(start(3)))

  it('still know together what the bucket has lost', async () => {
    const keyValue = createMemoryKeyValue()
    const [one, other] = start(2, keyValue)
    await one!.sayMany(10)
    await other!.sayMany(20)
    await keyValue.remove('member/bob')
    await one!.say()
    expect((await other!.say()).remaining).toBe(60 - 10 - 20 - 1)
    expect((await one!.say()).remaining).toBe(60 - 10 - 20 - 2)
  })

  it('begin anew when what lies there cannot be read, and say so', async () => {
    const keyValue = createMemoryKeyValue()
    await keyValue.put('member/bob', '{"meters":{"send_message":["x"]}}')
    const [one] = start(1, keyValue)
    expect((await one!.say()).remaining).toBe(59)
    expect(one!.reported).toMatchObject([{ message: /cannot be read/ }])
    expect((await keyValue.get('member/bob'))?.value).toMatch(/"send_message":\[17/)
  })
})

/** A bucket that a test takes away: it refuses, or it never answers. */
function fragile(bucket: KeyValue) {
  let state: 'there' | 'refusing' | 'silent' = 'there'
  const ask = async <T>(run: () => Promise<T>): Promise<T> => {
    if (state === 'refusing') throw new KeyValueUnavailable('it is away')
    if (state === 'silent') return await new Promise<T>(() => {})
    return await run()
  }
  const keyValue: KeyValue = {
    ...bucket,
    get: (key) => ask(() => bucket.get(key)),
    create: (key, value) => ask(() => bucket.create(key, value)),
    update: (key, value, revision) => ask(() => bucket.update(key, value, revision)),
  }
  return { keyValue, become: (next: typeof state) => void (state = next) }
}

/** Lets everything run that waits for no timer. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a bucket that is away', () => {
  const create = (clock: Clock = createManualClock()) => {
    const bucket = createMemoryKeyValue()
    const { keyValue, become } = fragile(bucket)
    const settings = { patienceMs: 500 }
    const process = startProcess({ clock, keyValue, settings })
    return { ...process, become, other: startProcess({ clock, keyValue: bucket }) }
  }

  it('leaves each process its own budget, counted and told once', async () => {
    const { sayMany, count, become, reported } = create()
    expect(await sayMany(20)).toBe(20)
    become('refusing')
    expect(await sayMany(49)).toBe(40)
    expect(await count('fallback')).toBe(49)
    expect(reported).toMatchObject([{ code: 'key-value-unavailable' }])
  })

  it('is waited for so long and no longer, and then by nobody', async () => {
    const clock = createManualClock()
    const { say, count, become } = create(clock)
    become('silent')
    const first = say()
    await settle()
    clock.advance(500)
    expect(await first).toMatchObject({ isAllowed: true })
    expect(await say({ id: 'alice' })).toMatchObject({ isAllowed: true })
    expect(await count('fallback')).toBe(2)
  })

  it('lets only so many wait for it', async () => {
    const clock = createManualClock()
    const { say, become } = create(clock)
    become('silent')
    // One is being written, a thousand wait for that.
    const waiting = Array.from({ length: 1_001 }, () => say())
    await expect(say()).rejects.toMatchObject({ code: 'busy' })
    await settle()
    clock.advance(500)
    expect((await Promise.all(waiting)).filter(({ isAllowed }) => isAllowed)).toHaveLength(60)
  })

  it('is asked for again, and told what was taken meanwhile', async () => {
    const clock = createManualClock()
    const { sayMany, say, count, become, other, limits } = create(clock)
    await sayMany(10)
    become('refusing')
    await sayMany(20)
    expect(await other.say()).toMatchObject({ remaining: 49 })
    clock.advance(1_000)
    await settle()
    expect(await count('fallback')).toBe(20)
    become('there')
    clock.advance(1_000)
    await settle()
    // Two seconds have given two back; ten before and twenty alone are taken, the other's within.
    expect(await say()).toMatchObject({ remaining: 60 - 30 + 2 - 1 })
    expect(await other.say()).toMatchObject({ remaining: 60 - 30 + 2 - 2 })
    expect(await count('fallback')).toBe(20)
    limits.stop()
  })
})

describe('processes on NATS', () => {
  let server: NatsServer
  beforeAll(async () => {
    server = await startNatsServer()
  })
  afterAll(() => server.dispose())

  async function start(settings = {}) {
    const nats = await connectTo(server)
    const keyValue = await createNatsKeyValue(nats, BUCKETS.rateLimits)
    const process = startProcess({ clock: systemClock, keyValue, settings })
    const close = async () => {
      process.limits.stop()
      await keyValue.close()
      await nats.close()
    }
    return { ...process, nats, close }
  }

  it('share one budget, tighten once, and go on alone when the server is killed', async () => {
    // Of a day's quota nothing comes back while the test runs.
    const settings = {
      quotas: { ...DEFAULT_QUOTAS, send_message: { limit: 60, windowMs: 86_400_000 } },
    }
    const processes = [await start(settings), await start(settings), await start(settings)]
    await shareOneBudget(processes)
    await tightenOnce(processes)
    await server.kill()
    const [one] = processes
    expect(await one!.sayMany(5)).toBe(0)
    expect(await one!.sayMany(69, { id: 'alice' })).toBe(60)
    expect(await one!.count('fallback')).toBe(69)
    const back = new Promise<void>(one!.nats.onReconnect)
    await server.restart()
    await back
    await expect
      .poll(
        async () => {
          const before = await one!.count('fallback')
          await one!.say({ id: 'carol' })
          return (await one!.count('fallback')) - before
        },
        { timeout: 20_000 },
      )
      .toBe(0)
    // The server had kept it in memory and lost it; the one that was there still knows.
    expect((await one!.say(bob)).isAllowed).toBe(false)
    await Promise.all(processes.map(({ close }) => close()))
  })
})
