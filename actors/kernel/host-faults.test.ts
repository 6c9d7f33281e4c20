import { describe, expect, it } from 'vitest'

import { LogUnavailable } from '#events/event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { add, clock, context, history, ref, start, total } from '#test/counter-host.ts'

describe('host', () => {
  it('refuses when the log is away, keeps nothing of it, and goes on when it is back', async () => {
    const log = createMemoryEventLog()
    let isAway = false
    const { host } = start({
      log: {
        ...log,
        append: (...args) =>
          isAway ? Promise.reject(new LogUnavailable('disk full')) : log.append(...args),
      },
    })
    await host.send(ref, add(1), context())
    isAway = true
    const lost = Promise.allSettled([
      host.send(ref, add(1), context()),
      host.send(ref, add(1), context()),
    ])
    for (const outcome of await lost) {
      expect(outcome).toMatchObject({ reason: { code: 'log-unavailable' } })
    }
    isAway = false
    expect(await total(host)).toBe(1)
    await host.send(ref, add(1), context())
    expect(await total(host)).toBe(2)
  })

  it.each(['throw', 'illegal'] as const)(
    'rests an actor whose rules fail (%s), and no other',
    async (how) => {
      const { host, log, faults } = start()
      await host.send(ref, add(1), context())
      const broken = host.send(ref, { type: 'counter.break', how } as never, context())
      await expect(broken).rejects.toMatchObject({ code: 'actor-faulty' })
      await expect(host.send(ref, add(1), context())).rejects.toMatchObject({
        code: 'actor-faulty',
      })
      expect(faults).toHaveLength(1)
      await host.send({ kind: 'counter', id: 'b' }, add(1), context())
      clock.advance(100)
      await host.send(ref, add(1), context())
      expect((await history(log)).map(({ type }) => type)).toEqual([
        'counter.added',
        'counter.added',
      ])
    },
  )

  it('refuses at once when a mailbox is full, and loses none of those taken', async () => {
    const { host } = start({ mailboxLimit: 5 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => host.send(ref, add(1), context())),
    )
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(3)
    expect(refused[0]).toMatchObject({ reason: { code: 'busy' } })
    expect(await total(host)).toBe(5)
  })
})
