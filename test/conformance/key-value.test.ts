import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { KeyValueUnavailable } from '#events/key-value.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createMemoryKeyValue } from '#infra/memory/memory-key-value.ts'
import { createNatsKeyValue } from '#infra/nats/nats-key-value.ts'

import { keyValueSuite, recordChanges } from '#test/conformance/key-value.case.ts'
import { connectTo, type NatsServer, startNatsServer } from '#test/conformance/nats-server.ts'

keyValueSuite('memory', async () => {
  const bucket = createMemoryKeyValue()
  return { bucket, dispose: () => bucket.close() }
})

let server: NatsServer
let buckets = 0
beforeAll(async () => {
  server = await startNatsServer()
})
afterAll(() => server.dispose())

keyValueSuite('NATS', async () => {
  const nats = await connectTo(server)
  const bucket = await createNatsKeyValue(nats, { bucket: `suite-${++buckets}` })
  return {
    bucket,
    async dispose() {
      await bucket.close()
      await nats.close()
    },
  }
})

describe('a bucket in NATS', () => {
  it('is shared by all who open it', async () => {
    const [one, other] = [await connectTo(server), await connectTo(server)]
    const mine = await createNatsKeyValue(one, { bucket: 'shared' })
    const theirs = await createNatsKeyValue(other, { bucket: 'shared' })
    const { changed, until, seen } = recordChanges()
    await theirs.watch(changed)
    const revision = await mine.create('a', '1')
    await until((all) => all.length > 0)
    expect(seen).toEqual([{ key: 'a', value: '1', revision }])
    await Promise.all([one.close(), other.close()])
  })

  it('outlives the server, and the watch goes on with what was written meanwhile', async () => {
    const fragile = await startNatsServer()
    const [watching, writing] = [await connectTo(fragile), await connectTo(fragile)]
    const watched = await createNatsKeyValue(watching, { bucket: 'lives' })
    const written = await createNatsKeyValue(writing, { bucket: 'lives' })
    const { changed, until, seen } = recordChanges()
    await watched.watch(changed)
    await written.put('a', '1')
    const kept = await written.put('b', '1')
    await fragile.kill()
    expect(await written.put('a', '2').catch((cause: unknown) => cause)).toBeInstanceOf(
      KeyValueUnavailable,
    )
    const back = Promise.withResolvers<void>()
    writing.onReconnect(back.resolve)
    await fragile.restart()
    await back.promise
    for (let n = 3; n <= 12; n++) await written.put('a', String(n))
    await until((all) => all.at(-1)?.value === '12')
    expect(await watched.get('b')).toEqual({ key: 'b', value: '1', revision: kept })
    const revisions = seen.map(({ revision }) => revision)
    expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b))
    await Promise.all([watching.close(), writing.close()])
    await fragile.dispose()
  })

  it('is made again when the server has lost it, and the watch goes on', async () => {
    const fragile = await startNatsServer()
    const nats = await connectTo(fragile)
    const bucket = await createNatsKeyValue(nats, { bucket: 'volatile', storage: 'memory' })
    const { changed, until } = recordChanges()
    await bucket.watch(changed)
    await bucket.put('a', '1')
    await bucket.put('b', '1')
    await until((all) => all.length === 2)
    const back = new Promise<void>(nats.onReconnect)
    await fragile.kill()
    await fragile.restart()
    await back
    expect(await bucket.get('a')).toBeUndefined()
    await bucket.create('a', '2')
    await until((all) => all.at(-1)?.value === '2')
    await nats.close()
    await fragile.dispose()
  })

  it('forgets what is not written again in time', async () => {
    const nats = await connectTo(server)
    const bucket = await createNatsKeyValue(nats, { bucket: 'short', ttlMs: 100 })
    await bucket.put('a', '1')
    while (await bucket.get('a')) await nats.connection.flush()
    expect(await bucket.entries()).toEqual([])
    await bucket.create('a', '2')
    await nats.close()
  })

  it('loses the marks of removed keys when it is opened again, later', async () => {
    let now = Date.now()
    const clock = { ...systemClock, now: () => now }
    const nats = await connectTo(server, { clock })
    const bucket = await createNatsKeyValue(nats, { bucket: 'swept' })
    for (const key of ['a', 'b', 'c']) await bucket.put(key, '1')
    await bucket.remove('a')
    await bucket.remove('b')
    await bucket.create('b', '2')
    const messages = async () => {
      const manager = await nats.connection.jetstreamManager()
      return (await manager.streams.info('KV_swept')).state.messages
    }
    expect(await messages()).toBe(3)
    await createNatsKeyValue(nats, { bucket: 'swept' })
    expect(await messages()).toBe(3)
    now += 2 * 3_600_000
    const again = await createNatsKeyValue(nats, { bucket: 'swept' })
    expect(await messages()).toBe(2)
    expect((await again.entries()).map(({ key, value }) => key + value)).toEqual(['c1', 'b2'])
    await nats.close()
  })
})
