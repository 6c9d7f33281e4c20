import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { LogUnavailable } from '#events/event-log.ts'

import { ForeignServer } from '#test/conformance/eventstore-log-foreign-server.ts'
import { all, facts } from '#test/conformance/event-log-fixture.ts'
import { openDriver } from '#test/conformance/eventstore-log-fixture.ts'

let dying: ForeignServer
let healthy: ForeignServer
beforeEach(async () => {
  dying = await new ForeignServer().start()
  healthy = await new ForeignServer().start()
})
afterEach(() => Promise.all([dying.dispose(), healthy.dispose()]))

describe('appends on their way to one server while another dies', () => {
  // Version 6.2.1 of the client keeps the appends of all its instances in one map, and empties it
  // when any of their streams fails (dist/streams/appendToStream/batchAppend.js).
  it('all fail with the client’s own way of appending', async () => {
    const client = (server: ForeignServer) => EventStoreDBClient.connectionString(server.url)
    const append = (each: EventStoreDBClient) =>
      each.appendToStream('thing-1', jsonEvent({ type: 'thing', data: {} }))
    const [toDying, toHealthy] = [client(dying), client(healthy)]
    dying.mishaps.push('silent')
    healthy.mishaps.push('silent')
    const outcomes = Promise.allSettled([append(toDying), append(toHealthy)])
    await expect.poll(() => [dying.held, healthy.held]).toEqual([1, 1])
    await dying.dispose()
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await Promise.all([toDying.dispose(), toHealthy.dispose()])
  })

  it('do not touch each other with the driver', async () => {
    const logs = await Promise.all([openDriver(dying.url), openDriver(healthy.url)])
    dying.mishaps.push('silent')
    healthy.mishaps.push('silent')
    const doomed = logs[0].append('thing-1', facts(1), 'any')
    const lucky = logs[1].append('thing-1', facts(1), 'any')
    await expect.poll(() => [dying.held, healthy.held]).toEqual([1, 1])
    await Promise.all([dying.dispose(), expect(doomed).rejects.toThrow(LogUnavailable)])
    healthy.release()
    expect((await lucky).version).toBe(0)
    expect(healthy.appends).toBe(1)
    expect(await all(logs[1].readAll())).toHaveLength(1)
    expect([dying.batches, healthy.batches]).toEqual([1, 1])
    await Promise.all(logs.map((log) => log.close()))
  })

  it('go each by a call of its own to a server that knows no batches', async () => {
    healthy.isOld = true
    const log = await openDriver(healthy.url)
    await Promise.all(facts(3).map((fact, n) => log.append(`thing-${n}`, [fact], 'no-stream')))
    expect(healthy).toMatchObject({ appends: 3, batches: 0 })
    await log.close()
  })
})
