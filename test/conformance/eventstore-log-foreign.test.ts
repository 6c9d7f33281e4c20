import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  AppendRefused,
  DELETED,
  type EventLog,
  type ExpectedVersion,
  LogUnavailable,
  VersionConflict,
} from '#events/event-log.ts'
import { FactFromTheFuture } from '#events/define-facts.ts'
import { eventMetadataOf } from '#events/eventstore-form.ts'
import { LOG_START, METADATA_TYPE, NO_VERSION, TOMBSTONE_TYPE } from '#events/fact.ts'
import { LogAccessDenied } from '#infra/eventstoredb/failures.ts'

import { ForeignServer } from '#test/conformance/eventstore-log-foreign-server.ts'
import type { ProposedRecord } from '#test/conformance/eventstore-log-foreign-rules.ts'
import { all, fact, facts, follow, versions } from '#test/conformance/event-log-fixture.ts'
import { openDriver } from '#test/conformance/eventstore-log-fixture.ts'

let server: ForeignServer
let log: EventLog
const logs: EventLog[] = []

async function connect(options: Parameters<typeof openDriver>[1] = {}): Promise<EventLog> {
  const opened = await openDriver(server.url, options)
  logs.push(opened)
  return opened
}

beforeEach(async () => {
  server = await new ForeignServer().start()
  log = await connect()
})
afterEach(async () => {
  await Promise.all(logs.splice(0).map((each) => each.close()))
  await server.dispose()
})

const octets = (text: string) => Buffer.from(text)
const event = (change: Partial<ProposedRecord> = {}): ProposedRecord => ({
  id: fact(0).id,
  type: 'thing',
  contentType: 'application/json',
  data: octets('{"n":1}'),
  metadata: octets(''),
  ...change,
})

/** As a veza wrote it that knows more than this one. */
function newer(): ProposedRecord {
  const { id, type, data, meta } = fact(0)
  const metadata = JSON.stringify(eventMetadataOf({ ...meta, schema: 1_000 }))
  return event({ id, type, data: octets(JSON.stringify(data)), metadata: octets(metadata) })
}

describe('appending to a server that is not veza’s', () => {
  it('answers the true version and position of each of several facts', async () => {
    await log.append('room-a', facts(1), 'any')
    const { facts: recorded, position } = await log.append('room-a', facts(3), 0)
    const own = server.log.slice(1)
    expect(recorded.map((each) => each.position)).toEqual(own.map((each) => Number(each.position)))
    expect(versions(recorded)).toEqual([1, 2, 3])
    expect(position).toBe(await log.head())
    expect(recorded).toEqual(await all(log.readStream('room-a', { from: 1 })))
  })

  it.each<[ExpectedVersion, number]>([
    ['any', 1],
    ['exists', 1],
    ['no-stream', 2],
    [0, 2],
  ])(
    'learns what became of an append whose answer was lost, expecting %s',
    async (expected, calls) => {
      if (expected !== 'no-stream') await log.append('room-a', facts(1), 'any')
      const written = facts(2)
      const before = server.appends
      server.mishaps.push('answer-lost')
      const { facts: recorded } = await log.append('room-a', written, expected)
      expect(server.appends - before).toBe(calls)
      const read = await all(log.readStream('room-a'))
      expect(read.slice(-2)).toEqual(recorded)
      expect(recorded.map(({ id }) => id)).toEqual(written.map(({ id }) => id))
      expect(read).toHaveLength(expected === 'no-stream' ? 2 : 3)
    },
  )

  it.each<ExpectedVersion>(['any', 'no-stream'])(
    'sends again what was lost, expecting %s',
    async (expected) => {
      server.mishaps.push('lost', 'lost', 'answer-lost')
      const { version } = await log.append('room-a', facts(2), expected)
      expect(version).toBe(1)
      expect(await all(log.readStream('room-a'))).toHaveLength(2)
    },
  )

  it('gives up on a server that is lost each time, and says so', async () => {
    server.mishaps.push('lost', 'lost', 'lost', 'lost')
    await expect(log.append('room-a', facts(1), 'any')).rejects.toThrow(LogUnavailable)
    expect(log.health().writable).toBe(false)
    await log.append('room-a', facts(1), 'any')
    expect(log.health().writable).toBe(true)
  })

  it.each<ExpectedVersion>(['any', 2])(
    'knows one again that it had given up, expecting %s',
    async (expected) => {
      const written = facts(2)
      server.mishaps.push('lost', 'lost', 'lost', 'answer-lost')
      await expect(log.append('room-a', written, 'any')).rejects.toThrow(LogUnavailable)
      await log.append('room-a', facts(1), 'any')
      const { version } = await log.append('room-a', written, expected)
      expect(version).toBe(1)
      expect(server.log).toHaveLength(3)
    },
  )

  it('gives up at the deadline on one that does not answer', async () => {
    const hasty = await connect({ deadlineMs: 200 })
    server.mishaps.push('silent', 'silent', 'silent', 'silent')
    await expect(hasty.append('room-a', facts(1), 'no-stream')).rejects.toThrow(LogUnavailable)
    expect(server.log).toHaveLength(0)
  })

  it('follows to the leader', async () => {
    const leader = await new ForeignServer().start()
    server.mishaps.push('not-leader')
    server.leaderPort = leader.port
    await log.append('room-a', facts(1), 'no-stream')
    expect([server.log.length, leader.log.length]).toEqual([0, 1])
    await log.close()
    await leader.dispose()
  })

  it.each<ExpectedVersion>(['any', 2, 0, 'exists'])(
    'knows its own appends again, expecting %s',
    async (expected) => {
      await log.append('room-a', facts(1), 'any')
      const written = facts(2)
      const first = await log.append('room-a', written, 0)
      expect(await log.append('room-a', written, expected)).toEqual(first)
      expect(server.log).toHaveLength(3)
    },
  )

  it('knows the appends of another process by what follows the version', async () => {
    const written = facts(2)
    const first = await log.append('room-a', written, 'no-stream')
    await log.append('room-a', facts(1), 1)
    const other = await connect()
    expect(await other.append('room-a', written, 'no-stream')).toEqual(first)
    expect(await other.append('room-a', written, NO_VERSION)).toEqual(first)
  })

  it('looks back when the server sees a conflict', async () => {
    const [a, b, c] = facts(3)
    await log.append('room-a', [a!, b!], 'any')
    const other = await connect()
    const again = await other.append('room-a', [a!, b!], 7)
    expect(again.version).toBe(1)
    const third = await connect()
    await expect(third.append('room-a', [b!, c!], 7)).rejects.toThrow(AppendRefused)
    await expect(third.append('room-a', [c!], 7)).rejects.toMatchObject({ expected: 7, actual: 1 })
    expect(server.log).toHaveLength(2)
  })

  it('does not take a stream with metadata alone for one that exists', async () => {
    await log.writeMetadata('room-a', { maxCount: 3 })
    await expect(log.append('room-a', facts(1), 'exists')).rejects.toThrow(VersionConflict)
    expect(await log.readMetadata('room-a')).toEqual({ maxCount: 3 })
  })
})

describe('what other programs wrote', () => {
  it('is a fact with the rest of the event beside it', async () => {
    const json = event({ metadata: octets('{ "$correlationId": "c", "x": 1.0 }') })
    const raw = event({ contentType: 'application/octet-stream', data: Buffer.from([0, 255]) })
    const broken = event({ data: octets('{') })
    server.record('other-a', [json, raw, broken])
    const [first, second, third] = await all(log.readAll())
    expect(first).toMatchObject({
      data: { n: 1 },
      version: 0,
      position: Number(server.log[0]!.position),
      meta: { at: 1_600_000_000_000, by: null, correlationId: 'c', causationId: null, schema: 1 },
    })
    expect(second!.data).toBe('AP8=')
    expect(third!.meta.foreign!.contentType).toBe('application/octet-stream')

    await log.append('copy-a', [first!, second!], 'no-stream')
    const copies = server.log.slice(3)
    for (const [index, copy] of copies.entries()) {
      const { id, type, contentType, data, metadata } = server.log[index]!
      expect(copy).toMatchObject({ id, type, contentType, data, metadata })
    }
  })

  it('may have ended a stream, or deleted it', async () => {
    server.record('room-a', [event(), event({ type: TOMBSTONE_TYPE, version: 2n ** 63n - 1n })])
    const records = await all(log.readAll({ as: 'records' }))
    expect(records[1]).toMatchObject({ stream: '$$room-a', type: TOMBSTONE_TYPE })

    const deletion = event({ type: METADATA_TYPE, data: octets('{"$tb":9223372036854775807}') })
    server.record('$$room-b', [deletion])
    expect(await log.readMetadata('room-b')).toEqual({ truncateBefore: DELETED })
    await log.writeMetadata('room-b', { maxCount: 1, truncateBefore: DELETED })
    expect(server.log.at(-1)!.data.toString()).toBe('{"$tb":9223372036854775807,"$maxCount":1}')
  })

  it.each([
    ['beyond what can be counted', 2n ** 53n, /beyond what can be counted/],
    ['not told', 2n ** 64n - 1n, /22\.6 or newer/],
  ])('has no position that is %s', async (_, position, words) => {
    server.record('room-a', [event()], position)
    await expect(all(log.readStream('room-a'))).rejects.toThrow(words)
  })
})

describe('category streams', () => {
  const link = (to: string) => event({ type: '$>', data: octets(to) })

  it.each(['streams', 'auto'] as const)(
    'are read on in $all where they lag, %s',
    async (categories) => {
      server.record('race-a', [event(), event()])
      server.record('room-a', [event()])
      server.record('race-b', [event(), event()])
      server.record('$ce-race', [link('0@race-a'), link('7@race-gone'), link('1@race-a')])
      const reader = await connect({ categories })
      const read = await all(reader.readAll({ kinds: ['race'] }))
      const places = read.map(({ stream, version }) => `${version}@${stream}`)
      expect(places).toEqual(['0@race-a', '1@race-a', '0@race-b', '1@race-b'])
      expect(server.categoryReads > 0).toBe(true)
    },
  )

  it('are left alone where nobody makes them', async () => {
    server.record('race-a', [event()])
    const reader = await connect()
    const asked = server.categoryReads
    expect(await all(reader.readAll({ kinds: ['race'] }))).toHaveLength(1)
    expect(server.categoryReads).toBe(asked)
  })
})

describe('following a server that is not veza’s', () => {
  it('goes live without being told, and again from the last position after a loss', async () => {
    await log.append('room-a', facts(3), 'any')
    const follower = follow(log, { after: LOG_START, kinds: ['room'] })
    await follower.live
    expect(follower.seen).toHaveLength(3)
    server.dropSubscribers()
    await log.append('room-b', facts(2), 'any')
    await log.append('race-b', facts(2), 'any')
    await follower.until(5)
    expect(follower.seen).toEqual(await all(log.readAll({ kinds: ['room'] })))
    expect(follower.liveCalls).toBe(1)
    await follower.stop()
  })

  it.each([
    ['access is denied', () => (server.denies = true), LogAccessDenied],
    [
      'a position cannot be counted',
      () => server.record('a', [event()], 2n ** 53n),
      LogUnavailable,
    ],
    ['a fact is of a newer veza', () => server.record('room-a', [newer()]), FactFromTheFuture],
  ])('ends for good when %s', async (_, harm, kind) => {
    const failure = Promise.withResolvers<unknown>()
    const live = Promise.withResolvers<void>()
    log.subscribe(
      { after: LOG_START },
      { deliver() {}, live: live.resolve, failed: failure.resolve },
    )
    await live.promise
    harm()
    if (server.denies) server.dropSubscribers()
    expect(await failure.promise).toBeInstanceOf(kind)
  })
})
