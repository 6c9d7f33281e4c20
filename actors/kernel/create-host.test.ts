import { assign, setup } from 'xstate'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { defineActor } from '#actors/kernel/define-actor.ts'
import { createHost, type HostOptions } from '#actors/kernel/create-host.ts'
import { startDeadlineKeeper } from '#actors/kernel/deadline-keeper.ts'
import type { CommandContext } from '#actors/kernel/host.ts'
import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'
import { type EventLog, LogUnavailable } from '#events/event-log.ts'
import { derivedId } from '#events/ids.ts'
import { Refusal } from '#events/refusal.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'
import { Registry } from 'prom-client'

// A counter is the smallest actor with rules: it holds 0 to 100 and rings when it is asked to.
const counterFacts = {
  'counter.added': fact(1, z.object({ by: z.number() })),
  'counter.alarm-set': fact(1, z.object({ atMs: z.number() })),
  'counter.rang': fact(1, z.object({})),
  'counter.unknown-to-the-chart': fact(1, z.object({})),
}
const counterCommands = z.discriminatedUnion('type', [
  z.object({ type: z.literal('counter.add'), by: z.number() }),
  z.object({ type: z.literal('counter.set-alarm'), atMs: z.number() }),
  z.object({ type: z.literal('counter.ring') }),
  z.object({ type: z.literal('counter.break'), how: z.enum(['throw', 'illegal']) }),
])
interface Counter {
  total: number
  alarmAtMs: number | null
}
const counter = defineActor<
  Counter,
  z.output<typeof counterCommands>,
  DecidedOf<typeof counterFacts>
>({
  kind: 'counter',
  facts: counterFacts,
  commands: counterCommands,
  machine: setup({
    types: { context: {} as Counter, events: {} as FactOf<typeof counterFacts> },
  }).createMachine({
    initial: 'counting',
    context: () => ({ total: 0, alarmAtMs: null }),
    states: {
      counting: {
        on: {
          'counter.added': {
            actions: assign(({ context, event }) => ({ total: context.total + event.data.by })),
          },
          'counter.alarm-set': {
            actions: assign(({ event }) => ({ alarmAtMs: event.data.atMs })),
          },
          'counter.rang': { actions: assign({ alarmAtMs: null }) },
        },
      },
    },
  }),
  decide(state, command) {
    switch (command.type) {
      case 'counter.add':
        if (command.by === 0) return []
        if (state.context.total + command.by > 100) throw new Refusal('full', 'It is full.')
        return [{ type: 'counter.added', data: { by: command.by } }]
      case 'counter.set-alarm':
        return [{ type: 'counter.alarm-set', data: { atMs: command.atMs } }]
      case 'counter.ring':
        return state.context.alarmAtMs === null ? [] : [{ type: 'counter.rang', data: {} }]
      case 'counter.break':
        if (command.how === 'throw') throw new TypeError('a fault of the rules')
        return [{ type: 'counter.unknown-to-the-chart', data: {} }]
    }
  },
  deadline: (state) =>
    state.context.alarmAtMs === null
      ? undefined
      : { at: state.context.alarmAtMs, command: { type: 'counter.ring' } },
  snapshotEvery: 10,
  passivateAfterMs: 20_000,
  snapshotSchema: 1,
})

const clock = createManualClock()
const ids = createUuidV7(clock)
const ref = { kind: 'counter', id: 'a' }
const add = (by: number) => ({ type: 'counter.add', by })
const context = (commandId = ids.next()): CommandContext => ({
  by: 'alice',
  connection: null,
  commandId,
})

function start(over: Partial<HostOptions> = {}) {
  const faults: unknown[] = []
  const log = over.log ?? createMemoryEventLog()
  const store = over.store ?? createMemoryHostStore()
  const host = createHost({
    definitions: [counter],
    log,
    store,
    clock,
    registry: new Registry(),
    report: (_, cause) => void faults.push(cause),
    ...over,
  })
  return { host, log, store, faults }
}

const history = (log: EventLog) => Array.fromAsync(log.readStream('counter-a'))
const total = async (host: ReturnType<typeof start>['host']) =>
  (await host.state<Counter>(ref)).context.total

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

it('derives the same id from the same parts alone', () => {
  expect(derivedId('a', 'b')).toBe(derivedId('a', 'b'))
  expect(derivedId('a', 'b')).not.toBe(derivedId('ab'))
  expect(derivedId('a')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
})
