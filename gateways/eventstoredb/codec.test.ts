import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Fact } from '#events/fact.ts'

import {
  decodeProposed,
  decodeUuid,
  encodeRecord,
  encodeUuid,
  type ProposedMessage,
} from '#gateways/eventstoredb/codec.ts'
import { streams } from '#gateways/eventstoredb/protocol.ts'

const { RecordedEvent } = streams.ReadResp.ReadEvent

test('ids go out and come in as text and as numbers', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom('string', 'structured'), (id, form) => {
      expect(decodeUuid(encodeUuid(id, form as 'string'))).toBe(id)
    }),
  )
  expect(decodeUuid(encodeUuid('FFFFFFFF-0000-4000-8000-00000000000A', 'string'))).toBe(
    'ffffffff-0000-4000-8000-00000000000a',
  )
})

const meta = {
  at: 1_700_000_000_123,
  by: 'alice',
  connection: null,
  commandId: 'a',
  correlationId: 'b',
  causationId: 'c',
  schema: 2,
}

function proposal(content: string, data: Uint8Array, metadata: Uint8Array): ProposedMessage {
  const message = new streams.AppendReq.ProposedMessage()
    .setId(encodeUuid('00000000-0000-4000-8000-000000000001', 'string'))
    .setData(data)
    .setCustomMetadata(metadata)
  message.getMetadataMap().set('type', 'done')
  message.getMetadataMap().set('content-type', content)
  return message
}

const recorded = (fact: Omit<Fact, 'stream' | 'version' | 'position'>) =>
  encodeRecord(
    new RecordedEvent(),
    { ...fact, stream: 'thing-1', version: 3, position: 9 },
    'string',
  )

test('what another program wrote comes back to the byte', () => {
  const bytes = fc.uint8Array({ maxLength: 40 })
  fc.assert(
    fc.property(bytes, bytes, (data, metadata) => {
      const given = proposal('application/octet-stream', data, metadata)
      const back = recorded(decodeProposed(given, { by: 'x', at: 5 }))
      expect(Buffer.from(back.getData_asU8())).toEqual(Buffer.from(data))
      expect(Buffer.from(back.getCustomMetadata_asU8())).toEqual(Buffer.from(metadata))
      expect(back.getMetadataMap().get('content-type')).toBe('application/octet-stream')
      expect(back.getMetadataMap().get('created')).toBe('50000')
    }),
  )
})

test('a fact goes out and comes in with its own metadata', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 2 }), (text) => {
      const data = JSON.parse(text) as unknown
      const id = '00000000-0000-4000-8000-000000000001'
      const out = recorded({ id, type: 'done', data, meta })
      const given = proposal('application/json', out.getData_asU8(), out.getCustomMetadata_asU8())
      expect(decodeProposed(given, { by: 'x', at: 5 })).toEqual({ id, type: 'done', data, meta })
    }),
  )
})
