import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'

import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import { type ServiceError, status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'

import { type EventLog, LogUnavailable } from '#events/event-log.ts'
import { createMemoryEventLog } from '#infra/memory/memory-event-log.ts'
import { authorization, MEMBER, SITEOP } from '#test/conformance/eventstore-door.ts'
import { event, identifier, rawDoor } from '#test/conformance/eventstore-door-per-test.ts'

const door = rawDoor()

function append(...requests: streams.AppendReq[]): Promise<streams.AppendResp> {
  return new Promise((resolve, reject) => {
    const call = door.raw.append(authorization(SITEOP), (error: ServiceError | null, answer) =>
      error ? reject(error) : resolve(answer),
    )
    for (const request of requests) call.write(request)
    call.end()
  })
}

const to = (stream: string) =>
  new streams.AppendReq().setOptions(
    new streams.AppendReq.Options()
      .setStreamIdentifier(identifier(stream))
      .setAny(new shared.Empty()),
  )

interface Proposal {
  readonly id?: string
  readonly type?: string
  readonly contentType?: string
  readonly data?: string
}

function proposed({ id, type = 'done', contentType, data = '{}' }: Proposal) {
  const message = new streams.AppendReq.ProposedMessage()
    .setId(new shared.UUID().setString(id ?? door.system.ids.next()))
    .setData(Buffer.from(data))
  message.getMetadataMap().set('type', type)
  message.getMetadataMap().set('content-type', contentType ?? 'application/json')
  return new streams.AppendReq().setProposedMessage(message)
}

describe('an append', () => {
  it.each([
    ['without a target', () => [proposed({})]],
    ['of nothing at all', () => []],
    ['to a stream without a name', () => [to(''), proposed({})]],
    ['to a stream with a long name', () => [to('x'.repeat(401)), proposed({})]],
    ['with an id that is no UUID', () => [to('thing-1'), proposed({ id: 'x' })]],
    ['without a type', () => [to('thing-1'), proposed({ type: '' })]],
    ['with another content type', () => [to('thing-1'), proposed({ contentType: 'text/plain' })]],
    ['with JSON that is none', () => [to('thing-1'), proposed({ data: '{' })]],
    [
      'of metadata that is no object',
      () => [to('$$thing-1'), proposed({ type: '$metadata', data: '1' })],
    ],
    ['of an end', () => [to('$$thing-1'), proposed({ type: '$streamDeleted' })]],
    [
      'of too many events',
      () => [to('thing-1'), ...Array.from({ length: 4_097 }, () => proposed({}))],
    ],
    ['of a huge event', () => [to('thing-1'), proposed({ data: JSON.stringify('x'.repeat(6e5)) })]],
  ])('%s is refused, and leaves nothing', async (_, requests) => {
    await door.start()
    const head = await door.system.log.head()
    await expect(append(...requests())).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
    expect(await door.system.log.head()).toBe(head)
    expect((await append(to('thing-1'), proposed({}))).hasSuccess()).toBe(true)
  })

  it('of no events says whether the stream is as expected', async () => {
    await door.start()
    expect((await append(to('thing-1'))).getSuccess()!.hasNoStream()).toBe(true)
    await append(to('thing-1'), proposed({}), proposed({}))
    expect((await append(to('thing-1'))).getSuccess()!.getCurrentRevision()).toBe('1')
    const expecting = to('thing-1')
    expecting.getOptions()!.setRevision('5')
    expect((await append(expecting)).getWrongExpectedVersion()!.getCurrentRevision()).toBe('1')
  })

  it.each([
    ['BatchAppend', {}],
    ['Append', { credentials: SITEOP }],
  ])('that is too large is refused with the limit, over %s', async (_, call) => {
    await door.start({ limits: { appendBytes: 1_000 } })
    const large = [event('x'.repeat(600)), event('y'.repeat(600))]
    await expect(door.client().appendToStream('thing-1', large, call)).rejects.toMatchObject({
      type: 'maximum-append-size-exceeded',
      maxAppendSize: 1_000,
    })
    await door.client().appendToStream('thing-1', large.slice(1), call)
  })

  it('holds no more of one connection than the limit', async () => {
    await door.start({ limits: { heldBytesPerConnection: 1_000 } })
    const call = door.raw.append(authorization(SITEOP), () => {})
    call.write(to('thing-1'))
    call.write(proposed({ data: JSON.stringify('x'.repeat(900)) }))
    const other = () => append(to('thing-2'), proposed({ data: JSON.stringify('x'.repeat(300)) }))
    const outcome = () =>
      other().then(
        () => 'taken',
        ({ code }: ServiceError) => status[code],
      )
    await expect.poll(outcome).toBe('RESOURCE_EXHAUSTED')
    call.cancel()
    await expect.poll(outcome).toBe('taken')
  })
})

it.each([
  ['BatchAppend', {}, 'unknown'],
  ['Append', { credentials: SITEOP }, 'unavailable'],
])('a log that takes nothing now is told of, over %s', async (_, call, type) => {
  const inner = createMemoryEventLog()
  let isFull = false
  const log: EventLog = {
    ...inner,
    async append(stream, facts, expected) {
      if (isFull) throw new LogUnavailable('the disk is full')
      return await inner.append(stream, facts, expected)
    },
  }
  await door.start({ log })
  isFull = true
  const appending = door.client().appendToStream('thing-1', event(), call)
  await expect(appending).rejects.toMatchObject({ type })
})

describe('a batch', () => {
  const batch = (
    stream: string,
    part: Partial<{ id: string; data: string; final: boolean }> = {},
  ) => {
    const message = new streams.BatchAppendReq.ProposedMessage()
      .setId(new shared.UUID().setString(door.system.ids.next()))
      .setData(Buffer.from(part.data ?? '{}'))
    message.getMetadataMap().set('type', 'done')
    message.getMetadataMap().set('content-type', 'application/json')
    const options = new streams.BatchAppendReq.Options()
      .setStreamIdentifier(identifier(stream))
      .setStreamPosition('0')
    return new streams.BatchAppendReq()
      .setCorrelationId(new shared.UUID().setString(part.id ?? door.system.ids.next()))
      .setOptions(options)
      .setProposedMessagesList([message])
      .setIsFinal(part.final ?? true)
  }

  it('is answered for itself: one that fails leaves the others of its call alone', async () => {
    await door.start()
    await append(to('thing-1'), proposed({}))
    const call = door.raw.batchAppend(authorization(SITEOP))
    const id = door.system.ids.next()
    call.write(batch('thing-1', { id, final: false }))
    call.write(batch('thing-2'))
    call.write(batch('thing-1', { data: '{' }))
    call.write(batch('thing-1', { id }))
    call.end()
    const answers: string[] = []
    for await (const answer of call as AsyncIterable<streams.BatchAppendResp>) {
      answers.push(
        answer.hasSuccess()
          ? `revision ${answer.getSuccess()!.getCurrentRevision()}`
          : answer.getError()!.getDetails()!.getTypeName(),
      )
    }
    expect(answers.toSorted()).toEqual([
      'event_store.client.Unknown',
      'event_store.client.WrongExpectedVersion',
      'revision 2',
    ])
  })

  it('that says nothing of where to ends the call', async () => {
    await door.start()
    const call = door.raw.batchAppend(authorization(SITEOP))
    call.write(new streams.BatchAppendReq().setCorrelationId(new shared.UUID().setString('x')))
    await expect(once(call, 'end')).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  })

  it('that takes longer than its deadline is told so, and held until it is recorded', async () => {
    const inner = createMemoryEventLog()
    const gate = Promise.withResolvers<void>()
    const slow: EventLog = {
      ...inner,
      async append(stream, facts, expected) {
        if (stream === 'slow-1') await gate.promise
        return await inner.append(stream, facts, expected)
      },
    }
    await door.start({ log: slow, limits: { heldBytesPerConnection: 1_000 } })
    const client = door.client()
    const appending = client.appendToStream('slow-1', event('x'.repeat(900)), { deadline: 50 })
    await expect(appending).rejects.toMatchObject({ type: 'deadline-exceeded' })
    const another = () => client.appendToStream('thing-1', event('x'.repeat(300)))
    await expect(another()).rejects.toMatchObject({ type: 'unknown' })
    gate.resolve()
    const outcome = () =>
      another().then(
        () => 'taken',
        () => 'refused',
      )
    await expect.poll(outcome).toBe('taken')
  })

  it('of somebody who may not append is not kept until it is whole', async () => {
    await door.start({ limits: { heldBytesPerConnection: 1_000 } })
    const call = door.raw.batchAppend(authorization(MEMBER))
    const large = JSON.stringify('x'.repeat(900))
    const id = door.system.ids.next()
    call.write(batch('thing-1', { id, data: large, final: false }))
    call.write(batch('thing-2'))
    const [answer] = (await once(call, 'data')) as [streams.BatchAppendResp]
    expect(answer.getError()!.getDetails()!.getTypeName()).toBe('event_store.client.AccessDenied')
    expect((await append(to('thing-3'), proposed({ data: large }))).hasSuccess()).toBe(true)
    call.write(batch('thing-1', { id }))
    const [whole] = (await once(call, 'data')) as [streams.BatchAppendResp]
    expect(whole.getCorrelationId()!.getString()).toBe(id)
    expect(whole.getError()!.getDetails()!.getTypeName()).toBe('event_store.client.AccessDenied')
    call.end()
    await once(call, 'end')
  })
})

it.each([
  ['HTTP/1', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['noise', '\0\x01\x02'.repeat(100)],
  ['a preface and noise', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + 'x'.repeat(500)],
])('%s on the port ends that connection alone', async (_, bytes) => {
  await door.start()
  const socket = connectTcp(door.port, '127.0.0.1')
  const closed = once(socket, 'close')
  socket.on('error', () => {})
  socket.resume()
  socket.write(bytes, 'latin1')
  socket.end()
  await closed
  await door.client().appendToStream('thing-1', event())
})
