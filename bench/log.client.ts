// The door in a process of its own, and this process as its client: veza's driver, and
// EventStoreDB's client as it comes, which sends appends by BatchAppend.
import { fork } from 'node:child_process'
import { once } from 'node:events'

import { jsonEvent } from '@eventstore/db-client'

import type { EventLog } from '#events/event-log.ts'
import type { NewFact } from '#events/fact.ts'
import { systemClock } from '#infra/clock/system-clock.ts'
import { createEventStoreLog } from '#infra/eventstoredb/event-store-log.ts'
import { connect, SITEOP } from '#test/conformance/eventstore-door.ts'

import { newFact } from '#bench/log.stores.ts'

export interface DoorUnderLoad {
  readonly log: EventLog
  readonly client: { append(stream: string, facts: readonly NewFact[]): Promise<unknown> }
  /** Milliseconds from an append's beginning until a subscriber has its fact, one at a time. */
  latenciesMs(count: number): Promise<readonly number[]>
  close(): Promise<void>
}

/** Starts the door on the log in a folder. */
export async function openDoor(path: string): Promise<DoorUnderLoad> {
  const server = fork(new URL('log.door.ts', import.meta.url), [path])
  const [port] = (await once(server, 'message')) as [number]
  const { username, password } = SITEOP
  const url = `esdb://${username}:${password}@127.0.0.1:${port}?tls=false`
  const log = await createEventStoreLog({ url, clock: systemClock })
  const client = connect(port, SITEOP)
  return {
    log,
    client: {
      append: (stream, facts) =>
        client.appendToStream(
          stream,
          facts.map(({ id, type, data }) => jsonEvent({ id, type, data: data as never })),
        ),
    },
    latenciesMs: (count) => latenciesMs(log, count),
    async close() {
      await log.close()
      await client.dispose()
      server.disconnect()
      await once(server, 'exit')
    },
  }
}

async function latenciesMs(log: EventLog, count: number): Promise<readonly number[]> {
  let arrived = Promise.withResolvers<void>()
  const live = Promise.withResolvers<void>()
  const subscription = log.subscribe(
    { after: await log.head() },
    { deliver: () => arrived.resolve(), live: live.resolve, failed: live.reject },
  )
  await live.promise
  const taken: number[] = []
  for (let n = 0; n < count; n++) {
    arrived = Promise.withResolvers<void>()
    const startedAt = performance.now()
    const appended = log.append('room-latency', [newFact()], 'any')
    await arrived.promise
    taken.push(performance.now() - startedAt)
    await appended
  }
  await subscription.stop()
  return taken
}
