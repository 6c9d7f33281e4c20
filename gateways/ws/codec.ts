import { z } from 'zod'

import type { Fact } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import type { RoomFact } from '#events/room.facts.ts'

/** The subprotocol spoken, whether or not a client asks for it by name. */
export const SUBPROTOCOL = 'veza.v1.json'

const frameId = z.union([z.string().min(1).max(64), z.number()])

/** What a client may send: a type, the id that its answer will carry, and details. */
const clientFrame = z.object({
  type: z.string().max(64),
  id: frameId.optional(),
  /** Sent again with the same nonce, a message is posted once. */
  nonce: z.string().min(1).max(128).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
})

export type ClientFrame = z.output<typeof clientFrame>
export type FrameId = z.output<typeof frameId>

export const FRAME_REFUSALS = {
  /** Not JSON, not a frame, or its data is not what its type needs: field `issues`. */
  invalidFrame: 'invalid-frame',
  unknownType: 'unknown-type',
} as const

/** Decodes a text frame. Throws a `Refusal`. */
export function decodeFrame(text: string): ClientFrame {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw Object.assign(new Refusal(FRAME_REFUSALS.invalidFrame, 'That is not JSON.'), { cause })
  }
  return decodeWith(clientFrame, json)
}

/** The details of a frame as its type needs them. Throws a `Refusal`. */
export function decodeWith<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({
    pointer: `/${path.join('/')}`,
    detail: message,
  }))
  throw new Refusal(FRAME_REFUSALS.invalidFrame, 'That is not a valid frame.', { issues })
}

/** A frame of the server that answers nothing and follows no stream. */
export interface ServerFrame {
  readonly type: string
  readonly id?: FrameId
  readonly [field: string]: unknown
}

export function encodeFrame(frame: ServerFrame): string {
  return JSON.stringify(frame)
}

// A fact goes to many sockets: what is the same for all is made once and kept as long as the
// fact object itself.
const factBodies = new WeakMap<Fact, string>()
const roomFrames = new WeakMap<Fact, string>()

/**
 * A fact for one subscription:
 * `{ type: "fact", subscription, replay?, stream, seq, position, ts, data: { type, by, fact_id, fact } }`.
 */
export function encodeFact(subscription: FrameId, fact: Fact, isReplay: boolean): string {
  let body = factBodies.get(fact)
  if (body === undefined) {
    body = JSON.stringify({
      stream: fact.stream,
      seq: fact.version,
      position: fact.position,
      ts: new Date(fact.meta.at).toISOString(),
      data: { type: fact.type, by: fact.meta.by, fact_id: fact.id, fact: fact.data },
    }).slice(1)
    factBodies.set(fact, body)
  }
  const replay = isReplay ? '"replay":true,' : ''
  return `{"type":"fact","subscription":${JSON.stringify(subscription)},${replay}${body}`
}

/**
 * A room's fact for who has joined it:
 * `{ type: "message" | "member_joined" | …, room_id, seq, position, ts, data }`.
 */
export function encodeRoomFact(room: string, fact: Fact): string {
  let frame = roomFrames.get(fact)
  if (frame === undefined) {
    const { type, data } = roomFrameOf(fact as RoomFact)
    frame = JSON.stringify({
      type,
      room_id: room,
      seq: fact.version,
      position: fact.position,
      ts: new Date(fact.meta.at).toISOString(),
      data,
    })
    roomFrames.set(fact, frame)
  }
  return frame
}

interface RoomFrame {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

const ROOM_FRAMES: {
  readonly [T in RoomFact['type']]: (fact: Extract<RoomFact, { readonly type: T }>) => RoomFrame
} = {
  'room.created': ({ data }) => ({ type: 'room_created', data: { name: data.name } }),
  'room.joined': ({ data }) => ({
    type: 'member_joined',
    data: { member: data.member, first: data.first },
  }),
  'room.left': ({ data }) => ({
    type: 'member_left',
    data: { member: data.member, reason: data.reason, last: data.last },
  }),
  'room.message-posted': ({ id, data }) => ({
    type: 'message',
    data: { message_id: id, author: data.member, content: data.text },
  }),
  'room.announced': ({ id, data }) => ({
    type: 'message',
    data: { message_id: id, author: null, content: data.text, about: data.about },
  }),
  'room.topic-set': ({ meta, data }) => ({
    type: 'topic_set',
    data: { topic: data.topic, by: meta.by },
  }),
}

function roomFrameOf(fact: RoomFact): RoomFrame {
  const render = ROOM_FRAMES[fact.type] as (fact: RoomFact) => RoomFrame
  return render(fact)
}
