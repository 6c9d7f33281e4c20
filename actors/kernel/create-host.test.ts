import { describe, expect, it } from 'vitest'

import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { add, clock, context, history, ref, start, total } from '#test/counter-host.ts'

describe('host', () => {
  it('records what a command decides and says so in the receipt', async () => {
    const { host, log } = start()
    const receipt = await host.send(ref, add(3), context())
    expect(receipt.facts).toEqual(await history(log))
    expect(receipt).toMatchObject({ version: 0, position: 1 })
    expect(receipt.facts[0]).toMatchObject({
      stream: 'counter-a',
      type: 'counter.added',
      data: { by: 3 },
      meta: { by: 'alice', schema: 1, at: clock.now() },
    })
  })

  it('decides each command on the state that the one before left, in one append', async () => {
    const appends: number[] = []
    const log = createMemoryEventLog()
    const { host } = start({
      log: {
        ...log,
        append(stream, facts, expected) {
          appends.push(facts.length)
          return log.append(stream, facts, expected)
        },
      },
    })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, () => host.send(ref, add(10), context())),
    )
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array(10).fill('fulfilled'),
      'rejected',
      'rejected',
    ])
    expect(outcomes[10]).toMatchObject({ reason: { code: 'full' } })
    expect(appends).toEqual([10])
    expect(await total(host)).toBe(100)
  })

  it('leaves no fact of a refused command, nor of one that changes nothing', async () => {
    const { host, log } = start()
    await expect(host.send(ref, add(101), context())).rejects.toMatchObject({ code: 'full' })
    expect(await host.send(ref, add(0), context())).toEqual({ version: -1, position: 0, facts: [] })
    expect(await history(log)).toEqual([])
  })

  it.each([
    ['an unknown kind', { kind: 'nobody', id: 'x' }, add(1), 'unknown-kind'],
    ['an unknown command', ref, { type: 'counter.nothing' }, 'invalid-command'],
    ['a wrong field', ref, { type: 'counter.add', by: 'three' }, 'invalid-command'],
  ])('refuses %s', async (_, to, command, code) => {
    await expect(start().host.send(to, command, context())).rejects.toMatchObject({ code })
  })

  it('has one effect and one receipt for a command sent twice', async () => {
    const { host, log, store } = start()
    const same = context()
    const first = await host.send(ref, add(1), same)
    await host.send(ref, add(2), context())
    expect(await host.send(ref, add(1), same)).toEqual(first)
    const [a, b] = await Promise.all([
      host.send(ref, add(5), context(same.commandId)),
      host.send(ref, add(7), context()),
    ])
    expect(a).toEqual(first)
    expect(b.version).toBe(2)
    // Also after the actor was let go, and after a restart, with and without a snapshot.
    await host.stop()
    expect(await start({ log, store }).host.send(ref, add(1), same)).toEqual(first)
    expect(await start({ log }).host.send(ref, add(1), same)).toEqual(first)
    expect(await history(log)).toHaveLength(3)
  })

  it('decides again when somebody else has appended', async () => {
    const { host, log } = start()
    const { host: rival } = start({ log })
    await host.send(ref, add(60), context())
    await rival.send(ref, add(30), context())
    await expect(host.send(ref, add(20), context())).rejects.toMatchObject({ code: 'full' })
    await host.send(ref, add(10), context())
    expect(await total(host)).toBe(100)
    expect((await history(log)).map(({ version }) => version)).toEqual([0, 1, 2])
  })

  it('stops: takes nothing more, and what was taken is in the log', async () => {
    const { host, log } = start()
    const taken = host.send(ref, add(1), context())
    const stopping = host.stop()
    await expect(host.send(ref, add(1), context())).rejects.toMatchObject({ code: 'stopping' })
    await stopping
    expect((await taken).version).toBe(0)
    expect(await history(log)).toHaveLength(1)
  })
})
