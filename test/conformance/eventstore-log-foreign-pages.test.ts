import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type EventLog, LogUnavailable } from '#events/event-log.ts'
import { LOG_START, NO_VERSION } from '#events/fact.ts'

import { all, fact } from '#test/conformance/event-log-fixture.ts'
import { openDriver } from '#test/conformance/eventstore-log-fixture.ts'
import type { ProposedRecord } from '#test/conformance/eventstore-log-foreign-rules.ts'
import { ForeignServer } from '#test/conformance/eventstore-log-foreign-server.ts'

let server: ForeignServer
let log: EventLog

beforeEach(async () => {
  server = await new ForeignServer().start()
  log = await openDriver(server.url, { categories: 'streams' })
})
afterEach(async () => {
  await log.close()
  await server.dispose()
})

function events(count: number, change: Partial<ProposedRecord> = {}): ProposedRecord[] {
  return Array.from({ length: count }, (_, n) => ({
    id: fact(n).id,
    type: 'thing',
    contentType: 'application/json',
    data: Buffer.from(`{"n":${n}}`),
    metadata: Buffer.alloc(0),
    ...change,
  }))
}

const COMMITTED_AT = 500_000n
/** Written one by one and committed at once, as the old TCP protocol could. */
function recordTransaction(stream: string, count: number): void {
  const written = events(count).map((each, n) => ({ ...each, prepare: 400_000n + BigInt(n) }))
  server.record(stream, written, COMMITTED_AT)
}

describe('pages of what other programs wrote', () => {
  it.each(['forwards', 'backwards'] as const)(
    'go on within a transaction that is longer than a page, %s',
    async (direction) => {
      server.record('room-a', events(1))
      recordTransaction('room-b', 2_500)
      server.record('room-a', events(1))
      const written = direction === 'forwards' ? server.log : server.log.toReversed()
      const read = await all(log.readAll({ direction }))
      expect(read.map(({ id }) => id)).toEqual(written.map(({ id }) => id))
    },
  )

  it('go on before a transaction, however few facts are asked for', async () => {
    server.record('room-a', events(1))
    recordTransaction('room-b', 3)
    const before = { direction: 'backwards', after: Number(COMMITTED_AT), limit: 1 } as const
    expect(await all(log.readAll(before))).toMatchObject([{ stream: 'room-a' }])
    expect(await all(log.readAll({ after: Number(COMMITTED_AT) }))).toEqual([])
  })

  it('end with an error on a server that gives one place to more events than a page holds', async () => {
    server.record('room-a', events(1))
    server.record('room-b', events(3), COMMITTED_AT)
    const before = { direction: 'backwards', after: Number(COMMITTED_AT), limit: 1 } as const
    await expect(all(log.readAll(before))).rejects.toThrow(LogUnavailable)
  })

  it('go on past a transaction when a hidden stream is looked for', async () => {
    recordTransaction('room-ab', 250)
    server.record('$$room-a', events(1, { type: '$metadata', data: Buffer.from('{"$tb":1}') }))
    expect(await log.streamVersion('room-a')).toBe(NO_VERSION)
  })

  it('go on past a page of a category that holds no link', async () => {
    server.record('race-a', events(1))
    server.record('$ce-race', events(1_000))
    server.record('$ce-race', events(1, { type: '$>', data: Buffer.from('0@race-a') }))
    const read = await all(log.readAll({ kinds: ['race'] }))
    expect(read).toMatchObject([{ stream: 'race-a', version: 0 }])
  })

  it('end where their metadata is too large, too', async () => {
    server.record('room-a', events(12, { metadata: Buffer.alloc(1_000_000, 'm') }))
    const before = server.reads
    expect(await all(log.readStream('room-a'))).toHaveLength(12)
    expect(server.reads - before).toBe(3)
  })

  it('wait for a follower in no more than so many bytes, with their metadata', async () => {
    const LIMIT_BYTES = 8 * 1024 * 1024
    const bytes = 1_000_000
    server.record('room-a', events(30, { metadata: Buffer.alloc(bytes, 'm') }))
    const sizes: number[] = []
    const done = Promise.withResolvers<void>()
    log.subscribe(
      { after: LOG_START },
      {
        deliver(facts) {
          sizes.push(facts.length)
          if (sizes.reduce((sum, size) => sum + size, 0) === 30) done.resolve()
        },
      },
    )
    await done.promise
    // The last of them may go beyond it.
    expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.ceil(LIMIT_BYTES / bytes))
  })
})
