import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'
import { isUuid } from '#events/ids.ts'
import { Refusal } from '#events/refusal.ts'
import { decodeFrame, encodeFact, encodeRoomFact } from '#gateways/ws/codec.ts'
import { commandIdOf } from '#gateways/ws/command-id.ts'

const GOOD = [
  { type: 'ping' },
  { type: 'ping', id: 1 },
  { type: 'join_room', id: 'a', data: { room_id: 123, user_id: 456 } },
  { type: 'send_message', nonce: 'c1-42', data: { room_id: 'site', content: 'Hello 👍' } },
]

test.each(GOOD)('%j is a frame', (frame) => {
  expect(decodeFrame(JSON.stringify(frame))).toEqual(frame)
})

test('any text is a frame or a refusal', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((each) => `{"type":${each}}`),
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        expect(typeof decodeFrame(text).type).toBe('string')
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal)
        expect((error as Refusal).code).toBe('invalid-frame')
      }
    }),
  )
})

const meta = {
  at: 0,
  by: 'alice',
  connection: null,
  commandId: '',
  correlationId: '',
  causationId: null,
  schema: 1,
}

test('a fact is the same JSON for every subscription, whatever its id', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.integer()),
      fc.boolean(),
      fc.object(),
      (id, isReplay, data) => {
        const plain = JSON.parse(JSON.stringify(data))
        const fact: Fact = {
          id: 'f',
          stream: 'race-1',
          version: 3,
          position: 9,
          type: 'race.x',
          data: plain,
          meta,
        }
        const frame = {
          type: 'fact',
          subscription: id,
          ...(isReplay && { replay: true }),
          stream: 'race-1',
          seq: 3,
          position: 9,
          ts: '1970-01-01T00:00:00.000Z',
          data: { type: 'race.x', by: 'alice', fact_id: 'f', fact: plain },
        }
        for (let time = 0; time < 2; time++) {
          expect(JSON.parse(encodeFact(id, fact, isReplay))).toEqual(frame)
        }
      },
    ),
  )
})

test('an announcement is a message without an author', () => {
  const fact: Fact = {
    id: 'f',
    stream: 'room-site',
    version: 3,
    position: 9,
    type: 'room.announced',
    data: { text: 'NEW', about: 'g' },
    meta: { ...meta, by: null },
  }
  expect(JSON.parse(encodeRoomFact('site', fact))).toEqual({
    type: 'message',
    room_id: 'site',
    seq: 3,
    position: 9,
    ts: '1970-01-01T00:00:00.000Z',
    data: { message_id: 'f', author: null, content: 'NEW', about: 'g' },
  })
})

test('a nonce is one command of one member in one room', () => {
  const id = commandIdOf('alice', 'site', 'n')
  expect(isUuid(id)).toBe(true)
  expect(id[14]).toBe('5')
  expect(commandIdOf('alice', 'site', 'n')).toBe(id)
  const others = [
    commandIdOf('bob', 'site', 'n'),
    commandIdOf('alice', 'other', 'n'),
    commandIdOf('alice', 'site', 'm'),
    commandIdOf('alice', 'site,n', ''),
  ]
  expect(new Set([id, ...others]).size).toBe(5)
})
