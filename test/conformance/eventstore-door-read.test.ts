import {
  BACKWARDS,
  END,
  FORWARDS,
  jsonEvent,
  START,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import { describe, expect, it } from 'vitest'

import type { NewFact } from '#events/fact.ts'
import { uncausedFact } from '#events/uncaused-fact.ts'

import { AUDITOR, authorization, rawClient } from '#test/conformance/eventstore-door.ts'
import { doorPerTest } from '#test/conformance/eventstore-door-per-test.ts'

const door = doorPerTest()

const event = (n: number) => jsonEvent({ type: `type-${n % 2}`, data: { n } })
const numbers = async (reading: AsyncIterable<{ readonly event?: unknown }>) =>
  (await Array.fromAsync(reading)).map((resolved) => nOf(resolved.event))
const nOf = (recorded: unknown) => (recorded as { data: { n: number } }).data.n

async function write(stream: string, count: number, from = 0) {
  const events = Array.from({ length: count }, (_, index) => event(from + index))
  return await door.client().appendToStream(stream, events)
}

describe('a stream', () => {
  it.each([
    ['from the start', {}, [0, 1, 2, 3, 4]],
    ['a few', { maxCount: 2 }, [0, 1]],
    ['from a revision on', { fromRevision: 3n }, [3, 4]],
    ['from beyond', { fromRevision: 9n }, []],
    ['from the end', { fromRevision: END }, []],
    ['backwards', { direction: BACKWARDS, fromRevision: END }, [4, 3, 2, 1, 0]],
    ['backwards from a revision', { direction: BACKWARDS, fromRevision: 2n }, [2, 1, 0]],
    ['backwards, the last', { direction: BACKWARDS, fromRevision: END, maxCount: 1 }, [4]],
    ['backwards from beyond', { direction: BACKWARDS, fromRevision: 9n }, [4, 3, 2, 1, 0]],
  ] as const)('is read %s', async (_, options, expected) => {
    await write('thing-1', 5)
    await write('thing-2', 2)
    expect(await numbers(door.client().readStream('thing-1', options))).toEqual(expected)
  })

  it('that is not there is not found', async () => {
    await expect(numbers(door.client().readStream('thing-9'))).rejects.toThrow(StreamNotFoundError)
  })

  it('is read whole, however long', async () => {
    for (let n = 0; n < 10; n++) await write('thing-1', 400, n * 400)
    const read = await numbers(door.client().readStream('thing-1'))
    expect(read).toEqual([...Array(4_000).keys()])
  })

  it('shows facts that actors recorded, with their metadata', async () => {
    const { log } = door.system
    const [fact] = await Array.fromAsync(log.readStream('section-incoming'))
    const [read] = await Array.fromAsync(door.client().readStream('section-incoming'))
    expect(read!.event).toMatchObject({
      id: fact!.id,
      type: 'section.created',
      revision: 0n,
      isJson: true,
      data: fact!.data,
      created: new Date(fact!.meta.at),
      position: { commit: BigInt(fact!.position), prepare: BigInt(fact!.position) },
      metadata: { $correlationId: fact!.meta.correlationId, schema: 1 },
    })
  })
})

describe('the whole log', () => {
  it('is read both ways, from a position with it forwards and without it backwards', async () => {
    const { position } = await write('thing-1', 3)
    const client = door.client()
    const all = await Array.fromAsync(client.readAll())
    expect(all.length).toBe(await door.system.log.head())
    const places = all.map(({ event }) => event!.position)
    expect(await numbers(client.readAll({ fromPosition: position! }))).toEqual([2])
    const before = client.readAll({ fromPosition: position!, direction: BACKWARDS, maxCount: 2 })
    expect(await numbers(before)).toEqual([1, 0])
    const back = await Array.fromAsync(client.readAll({ direction: BACKWARDS, fromPosition: END }))
    expect(back.map(({ event }) => event!.position)).toEqual(places.toReversed())
    expect(await numbers(client.readAll({ fromPosition: END }))).toEqual([])
    expect(await numbers(client.readAll({ fromPosition: START, direction: BACKWARDS }))).toEqual([])
  })
})

describe('a filtered read', () => {
  it.each([
    ['stream', 'thing-', 2, [0, 1]],
    ['stream', 'th', 9, [0, 1, 2]],
    ['type', 'type-1', 9, [1, 5]],
  ] as const)('by %s %s, %i at most', async (on, prefix, count, expected) => {
    await write('thing-1', 2)
    await write('other-1', 2, 5)
    await write('thing-2', 1, 2)
    const { Options } = streams.ReadReq
    const expression = new Options.FilterOptions.Expression().setPrefixList([prefix])
    const filter = new Options.FilterOptions().setMax(32).setCheckpointintervalmultiplier(1)
    if (on === 'stream') filter.setStreamIdentifier(expression)
    else filter.setEventType(expression)
    const options = new Options()
      .setAll(new Options.AllOptions().setStart(new shared.Empty()))
      .setCount(String(count))
      .setFilter(filter)
      .setUuidOption(new Options.UUIDOption().setStructured(new shared.Empty()))
    const raw = rawClient(streamsGrpc.StreamsClient, door)
    const call = raw.read(new streams.ReadReq().setOptions(options), authorization(AUDITOR))
    const answers = (await Array.fromAsync(call)) as streams.ReadResp[]
    raw.close()
    const events = answers.map((answer) => answer.getEvent()!.getEvent()!)
    const data = events.map((each) => JSON.parse(Buffer.from(each.getData_asU8()).toString()))
    expect(data).toEqual(expected.map((n) => ({ n })))
    expect(events.every((each) => each.getId()!.hasStructured())).toBe(true)
  })
})

describe('a category', () => {
  it('is read by links, or by what they lead to', async () => {
    await write('thing-1', 2)
    await write('other-1', 1, 50)
    await write('thing-2', 1, 2)
    const client = door.client()
    expect(await numbers(client.readStream('$ce-thing', { resolveLinkTos: true }))).toEqual([
      0, 1, 2,
    ])
    const links = await Array.fromAsync(client.readStream('$ce-thing'))
    expect(links.map(({ event }) => event!.type)).toEqual(['$>', '$>', '$>'])
    expect(links.map(({ event }) => Buffer.from(event!.data as Uint8Array).toString())).toEqual([
      '0@thing-1',
      '1@thing-1',
      '0@thing-2',
    ])
    const { revision } = links[1]!.event!
    const from = { resolveLinkTos: true, fromRevision: revision }
    expect(await numbers(client.readStream('$ce-thing', from))).toEqual([1, 2])
    const back = { ...from, direction: BACKWARDS } as const
    expect(await numbers(client.readStream('$ce-thing', back))).toEqual([1, 0])
    const [resolved] = await Array.fromAsync(client.readStream('$ce-thing', from))
    expect(resolved!.link).toMatchObject({ streamId: '$ce-thing', revision, type: '$>' })
  })

  it('of nothing is not an error', async () => {
    expect(await numbers(door.client().readStream('$ce-nothing'))).toEqual([])
  })
})

describe('links', () => {
  const link = (data: string): NewFact => {
    const made = uncausedFact(door.system, '$>', Buffer.from(data).toString('base64'))
    const foreign = { contentType: 'application/octet-stream', metadata: '' } as const
    return { ...made, meta: { ...made.meta, foreign } }
  }

  it('are followed when asked, and shown alone when they lead nowhere', async () => {
    await write('thing-1', 2)
    await door.system.log.append('picked-1', [link('1@thing-1'), link('7@thing-1')], 'any')
    const read = await Array.fromAsync(
      door.client().readStream('picked-1', { resolveLinkTos: true }),
    )
    expect(read[0]!.event).toMatchObject({ streamId: 'thing-1', revision: 1n, data: { n: 1 } })
    expect(read[0]!.link).toMatchObject({ streamId: 'picked-1', revision: 0n, type: '$>' })
    expect(read[1]!.event).toBeUndefined()
    expect(read[1]!.link).toMatchObject({ streamId: 'picked-1', revision: 1n })
  })
})

describe('metadata and deletion', () => {
  it('hides what it says, and keeps what is the client’s own', async () => {
    const client = door.client()
    await write('thing-1', 5)
    await client.setStreamMetadata('thing-1', { maxCount: 3, maxAge: 1e8, mine: { a: 1 } })
    expect(await numbers(client.readStream('thing-1'))).toEqual([2, 3, 4])
    await client.setStreamMetadata('thing-1', { truncateBefore: 4 })
    expect(await numbers(client.readStream('thing-1'))).toEqual([4])
    const { metadata } = await client.getStreamMetadata('thing-1')
    expect(metadata).toEqual({ truncateBefore: 4 })
    const first = client.readStream('$$thing-1', { direction: FORWARDS, maxCount: 1 })
    expect((await Array.fromAsync(first))[0]!.event).toMatchObject({
      type: '$metadata',
      data: { $maxCount: 3, $maxAge: 1e8, mine: { a: 1 } },
    })
    await expect(client.setStreamMetadata('thing-1', {}, { expectedRevision: 0n })).rejects.toThrow(
      WrongExpectedVersionError,
    )
  })

  it('deletes a stream until it is written again', async () => {
    const client = door.client()
    await write('thing-1', 3)
    await client.setStreamMetadata('thing-1', { mine: 1 })
    const wrong = client.deleteStream('thing-1', { expectedRevision: 0n })
    await expect(wrong).rejects.toMatchObject({
      type: 'wrong-expected-version',
      streamName: 'thing-1',
      expectedVersion: 0n,
      actualVersion: 2n,
    })
    const { position } = await client.deleteStream('thing-1', { expectedRevision: 2n })
    expect(position!.commit).toBe(BigInt(await door.system.log.head()))
    await expect(numbers(client.readStream('thing-1'))).rejects.toThrow(StreamNotFoundError)
    const again = await client.appendToStream('thing-1', event(9), {
      expectedRevision: 'no_stream',
    })
    expect(again.nextExpectedRevision).toBe(3n)
    expect(await numbers(client.readStream('thing-1'))).toEqual([9])
    expect((await client.getStreamMetadata('thing-1')).metadata).toMatchObject({ mine: 1 })
  })

  it('ends a stream for ever', async () => {
    const client = door.client()
    await write('thing-1', 3)
    const missing = client.tombstoneStream('thing-9', { expectedRevision: 4n })
    await expect(missing).rejects.toMatchObject({ actualVersion: 'no_stream' })
    await client.tombstoneStream('thing-1', { expectedRevision: 2n })
    await expect(numbers(client.readStream('thing-1'))).rejects.toThrow(StreamDeletedError)
    for (const credentials of [undefined, { username: 'root', password: 'password' }]) {
      const call = credentials ? { credentials } : {}
      await expect(client.appendToStream('thing-1', event(0), call)).rejects.toMatchObject({
        type: 'stream-deleted',
        streamName: 'thing-1',
      })
    }
    await expect(client.deleteStream('$$thing-1')).rejects.toThrow('Metadata is not deleted')
  })
})
