import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'

import type { EventLog } from '#events/event-log.ts'
import { add, clock, context, counter, ref, start, total } from '#test/counter-host.ts'

describe('host', () => {
  it('goes on from a snapshot, and from none that is older than the machine', async () => {
    const { host, log, store } = start()
    for (let n = 0; n < 25; n++) await host.send(ref, add(1), context())
    expect(await store.loadSnapshot('counter-a')).toMatchObject({ version: 19, value: 'counting' })
    const reads: number[] = []
    const watched: EventLog = {
      ...log,
      readStream(stream, options) {
        reads.push(options?.from ?? 0)
        return log.readStream(stream, options)
      },
    }
    expect(await total(start({ log: watched, store }).host)).toBe(25)
    const newer = { ...counter, snapshotSchema: 2 }
    expect(await total(start({ log: watched, store, definitions: [newer] }).host)).toBe(25)
    expect(reads).toEqual([20, 0])
  })

  it('lets unused actors go and finds them as they were', async () => {
    const registry = new Registry()
    const { host } = start({ registry })
    await host.send(ref, add(4), context())
    const activations = async () =>
      (await registry.getSingleMetric('veza_actor_activations')!.get()).values[0]!.value
    expect(await activations()).toBe(1)
    for (let second = 0; second < 22; second++) {
      clock.advance(1_000)
      await activations()
    }
    expect(await activations()).toBe(0)
    await host.send(ref, add(1), context())
    expect(await total(host)).toBe(5)
  })
})
