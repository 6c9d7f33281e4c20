import { Registry } from 'prom-client'
import { expect, it, onTestFinished } from 'vitest'

import { connectionActor } from '#actors/connection/connection.actor.ts'
import { createHost } from '#actors/kernel/create-host.ts'
import { startDeadlineKeeper } from '#actors/kernel/deadline-keeper.ts'
import { DEADLINE_CONSUMER } from '#events/host-store.ts'
import { createUuidV7 } from '#infra/clock/uuid-v7.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { createMemoryHostStore } from '#infra/memory/memory-host-store.ts'
import { createManualClock } from '#test/conformance/manual-clock.ts'

/** A site with one connection that has a deadline: it must log in. */
async function setUp() {
  const clock = createManualClock()
  const ids = createUuidV7(clock)
  const log = createMemoryEventLog({ clock })
  const store = createMemoryHostStore()
  const faults: [stream: string, cause: unknown][] = []
  const report = (stream: string, cause: unknown) => void faults.push([stream, cause])
  const definitions = [connectionActor]
  const host = createHost({ definitions, log, store, clock, registry: new Registry(), report })
  const kinds = ['connection']
  const keeper = await startDeadlineKeeper({ host, log, store, clock, ids, kinds, report })
  onTestFinished(async () => {
    await keeper.stop()
    await host.stop()
  })
  const until = async (isSo: () => Promise<boolean>) => {
    while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    log,
    clock,
    faults,
    until,
    isNoted: async () => (await store.loadCheckpoint(DEADLINE_CONSUMER)) === (await log.head()),
    async open(id: string) {
      const command = { type: 'connection.open', gateway: 'ftp', node: 'n' }
      const context = { by: null, connection: id, commandId: ids.next() }
      await host.send({ kind: 'connection', id }, command, context)
    },
    /** What the actors' own rules would never record. */
    async append(stream: string, type: string, data: unknown) {
      const id = ids.next()
      const origin = { at: clock.now(), by: null, connection: null, causationId: null, schema: 1 }
      const meta = { ...origin, commandId: id, correlationId: id }
      await log.append(stream, [{ id, type, data, meta }], 'any')
    },
  }
}

it.each([
  ['an actor whose facts cannot be folded', 'connection-broken', 'connection.opened'],
  ['a stream with a kind and no id', 'connection', 'Foreign'],
])('keeps the deadlines of all others beside %s', async (_, stream, type) => {
  const { log, clock, faults, until, isNoted, open, append } = await setUp()
  await append(stream, type, null)
  await open('whole')
  await until(isNoted)
  const isClosed = async () => (await log.streamVersion('connection-whole')) === 1
  for (let second = 0; second < 120 && !(await isClosed()); second++) {
    clock.advance(1_000)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await isClosed()).toBe(true)
  expect(new Set(faults.map(([of]) => of))).toEqual(
    new Set(stream === 'connection' ? [] : [stream]),
  )
})

it('finds the deadline of an actor that could not say it at first', async () => {
  const { log, clock, until, isNoted, append } = await setUp()
  await append('connection-late', 'connection.opened', null)
  const data = { gateway: 'ftp', remote: '192.0.2.1:1', node: 'n' }
  await append('connection-late', 'connection.opened', data)
  await until(isNoted)
  // What broke it is hidden: from here on it can be folded, and no fact of it comes any more.
  await log.writeMetadata('connection-late', { truncateBefore: 1 })
  const isClosed = async () => (await log.streamVersion('connection-late')) === 2
  for (let second = 0; second < 120 && !(await isClosed()); second++) {
    clock.advance(1_000)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await isClosed()).toBe(true)
})
