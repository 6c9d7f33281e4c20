import { Registry } from 'prom-client'
import { assign, setup } from 'xstate'
import { z } from 'zod'

import { createHost, type HostOptions } from '#actors/kernel/create-host.ts'
import { defineActor } from '#actors/kernel/define-actor.ts'
import type { CommandContext } from '#actors/kernel/host.ts'
import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'
import type { EventLog } from '#events/event-log.ts'
import { Refusal } from '#events/refusal.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

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
export interface Counter {
  total: number
  alarmAtMs: number | null
}
export const counter = defineActor<
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

export const clock = createManualClock()
export const ids = createUuidV7(clock)
export const ref = { kind: 'counter', id: 'a' }
export const add = (by: number) => ({ type: 'counter.add', by })
export const context = (commandId = ids.next()): CommandContext => ({
  by: 'alice',
  connection: null,
  commandId,
})

/** A host of counters, on a log and a store in memory unless others are given. */
export function start(over: Partial<HostOptions> = {}) {
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

export const history = (log: EventLog) => Array.fromAsync(log.readStream('counter-a'))
export const total = async (host: ReturnType<typeof start>['host']) =>
  (await host.state<Counter>(ref)).context.total
