import { afterEach, describe, expect, it } from 'vitest'

import { startDeadlineKeeper } from '#actors/kernel/deadline-keeper.ts'
import type { EventLog } from '#events/event-log.ts'
import { clock, context, history, ids, ref, start } from '#test/counter-host.ts'

describe('deadlines', () => {
  const keep = (system: ReturnType<typeof start>) =>
    startDeadlineKeeper({
      host: system.host,
      log: system.log,
      store: system.store,
      clock,
      ids,
      kinds: ['counter'],
      report: (_, cause) => void system.faults.push(cause),
    })
  const keepers: { stop(): Promise<void> }[] = []
  afterEach(async () => {
    for (const keeper of keepers.splice(0)) await keeper.stop()
  })
  const rang = async (log: EventLog) => {
    const done = Promise.withResolvers<number>()
    const subscription = log.subscribe(
      { after: 0 },
      {
        deliver(facts) {
          const found = facts.find(({ type }) => type === 'counter.rang')
          if (found) done.resolve(found.meta.at)
        },
      },
    )
    const at = await done.promise
    await subscription.stop()
    return at
  }
  const indexed = async (system: ReturnType<typeof start>, size: number) => {
    while ((await system.store.loadDeadlines()).size !== size) await Promise.resolve()
  }

  it('delivers what is due when it is due', async () => {
    const system = start()
    keepers.push(await keep(system))
    const atMs = clock.now() + 5_000
    await system.host.send(ref, { type: 'counter.set-alarm', atMs } as never, context())
    await indexed(system, 1)
    clock.advance(4_999)
    expect(await history(system.log)).toHaveLength(1)
    clock.advance(1)
    expect(await rang(system.log)).toBe(atMs)
    await indexed(system, 0)
    expect(system.faults).toEqual([])
  })

  it('keeps them over a restart, also when the index was lost', async () => {
    for (const isIndexLost of [false, true]) {
      const first = start()
      const atMs = clock.now() + 5_000
      await first.host.send(ref, { type: 'counter.set-alarm', atMs } as never, context())
      await first.host.stop()
      clock.advance(9_000)
      const { log, store } = first
      const second = start(isIndexLost ? { log } : { log, store })
      keepers.push(await keep(second))
      const ringing = rang(log)
      await indexed(second, 1).then(() => clock.advance(0))
      expect(await ringing).toBe(clock.now())
    }
  })
})
