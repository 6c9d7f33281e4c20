import { binaryEvent, jsonEvent, WrongExpectedVersionError } from '@eventstore/db-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { startDoor, type TestDoor } from '#test/conformance/eventstore-door.ts'

let door: TestDoor
afterEach(() => door.stop())

const event = (n: number, id?: string) =>
  jsonEvent({
    type: 'thing-done',
    data: { n, text: 'ünïcode ✓' },
    ...(id !== undefined && { id }),
  })

describe.each([
  ['cleartext', false],
  ['TLS', true],
])('append over %s', (_, tls) => {
  beforeEach(async () => {
    door = await startDoor({ tls })
  })

  describe.each([
    ['BatchAppend', {}],
    ['Append', { credentials: { username: 'root', password: 'password' } }],
  ])('with %s', (__, call) => {
    it('records events and answers the revision and the position', async () => {
      const client = door.client()
      const first = await client.appendToStream('thing-1', [event(0), event(1)], {
        expectedRevision: 'no_stream',
        ...call,
      })
      expect(first).toMatchObject({ success: true, nextExpectedRevision: 1n })
      expect(first.position!.commit).toBe(first.position!.prepare)
      const second = await client.appendToStream('thing-1', event(2), {
        expectedRevision: 1n,
        ...call,
      })
      expect(second.nextExpectedRevision).toBe(2n)
      expect(second.position!.commit).toBe(BigInt(await door.system.log.head()))
      const read = await Array.fromAsync(client.readStream('thing-1'))
      expect(read.map(({ event }) => [event!.revision, event!.data])).toEqual([
        [0n, { n: 0, text: 'ünïcode ✓' }],
        [1n, { n: 1, text: 'ünïcode ✓' }],
        [2n, { n: 2, text: 'ünïcode ✓' }],
      ])
    })

    it.each([
      ['no_stream', 0, true],
      ['no_stream', 2, false],
      ['stream_exists', 0, false],
      ['stream_exists', 2, true],
      ['any', 0, true],
      ['any', 2, true],
      [1n, 2, true],
      [0n, 2, false],
      [5n, 0, false],
    ] as const)('expecting %s of a stream of %i: taken is %s', async (expected, has, isTaken) => {
      const client = door.client()
      if (has > 0) await client.appendToStream('thing-1', [event(0), event(1)], call)
      const appending = client.appendToStream('thing-1', event(9), {
        expectedRevision: expected,
        ...call,
      })
      if (isTaken) {
        return expect(await appending).toMatchObject({ nextExpectedRevision: BigInt(has) })
      }
      const error = await appending.catch((cause: unknown) => cause)
      expect(error).toBeInstanceOf(WrongExpectedVersionError)
      expect(error).toMatchObject({
        streamName: 'thing-1',
        expectedVersion: expected,
        actualVersion: has === 0 ? 'no_stream' : BigInt(has - 1),
      })
    })

    it('records a repeated append once', async () => {
      const client = door.client()
      const written = [event(0), event(1)]
      const first = await client.appendToStream('thing-1', written, {
        expectedRevision: 'no_stream',
        ...call,
      })
      await client.appendToStream('thing-1', event(2), call)
      const again = await client.appendToStream('thing-1', written, {
        expectedRevision: 'no_stream',
        ...call,
      })
      expect(again).toEqual(first)
      expect(await door.system.log.streamVersion('thing-1')).toBe(2)
    })

    it('gives back octets and foreign metadata as they were', async () => {
      const client = door.client()
      const data = Uint8Array.from([0, 1, 254, 255])
      await client.appendToStream(
        'thing-1',
        [
          binaryEvent({ type: 'blob', data, metadata: Uint8Array.from([9, 8]) }),
          jsonEvent({ type: 'noted', data: {}, metadata: { $correlationId: 'c', mine: [1] } }),
        ],
        call,
      )
      const [blob, noted] = await Array.fromAsync(client.readStream('thing-1'))
      expect(blob!.event).toMatchObject({ type: 'blob', isJson: false })
      expect(Buffer.from(blob!.event!.data as Uint8Array)).toEqual(Buffer.from(data))
      expect(Buffer.from(blob!.event!.metadata as Uint8Array)).toEqual(Buffer.from([9, 8]))
      expect(noted!.event!.metadata).toEqual({ $correlationId: 'c', mine: [1] })
      const facts = await Array.fromAsync(door.system.log.readStream('thing-1'))
      expect(facts[1]!.meta).toMatchObject({ by: 'root', correlationId: 'c', causationId: null })
    })

    it('takes facts in veza’s own form as such, and answers facts in it', async () => {
      const client = door.client()
      const meta = {
        at: 1_700_000_000_123,
        by: 'alice',
        connection: null,
        commandId: 'cmd',
        $correlationId: 'corr',
        $causationId: null,
        schema: 1,
      }
      await client.appendToStream(
        'thing-1',
        jsonEvent({ type: 'done', data: { a: 1 }, metadata: meta }),
        call,
      )
      const [fact] = await Array.fromAsync(door.system.log.readStream('thing-1'))
      expect(fact!.meta).toEqual({
        at: 1_700_000_000_123,
        by: 'alice',
        connection: null,
        commandId: 'cmd',
        correlationId: 'corr',
        causationId: null,
        schema: 1,
      })
      const [read] = await Array.fromAsync(client.readStream('thing-1'))
      expect(read!.event!.metadata).toEqual(meta)
      expect(read!.event!.created).toEqual(new Date(1_700_000_000_123))
    })
  })
})
