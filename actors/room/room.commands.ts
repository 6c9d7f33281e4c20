import { z } from 'zod'

/** Characters of one message: fits an IRC line with its prefix. */
export const MESSAGE_CHARACTERS = 400

export const roomCommands = z.discriminatedUnion('type', [
  z.object({ type: z.literal('room.create'), name: z.string().min(1).max(64) }),
  z.object({ type: z.literal('room.join') }),
  z.object({ type: z.literal('room.leave'), reason: z.string().max(300) }),
  z.object({
    type: z.literal('room.post'),
    text: z.string().min(1).max(MESSAGE_CHARACTERS),
  }),
  z.object({
    type: z.literal('room.announce'),
    text: z.string().min(1).max(1_000),
    about: z.string(),
  }),
  z.object({ type: z.literal('room.set-topic'), topic: z.string().max(390) }),
])

export type RoomCommand = z.output<typeof roomCommands>

export const ROOM_REFUSALS = {
  noSuchRoom: 'no-such-room',
  notInRoom: 'not-in-room',
  tooManyConnections: 'too-many-connections',
} as const

/** What gateways may know of a room. */
export interface RoomContext {
  name: string
  topic: string
  topicBy: string
  topicAtMs: number
  /** Member to the ids of the connections by which the member is here. */
  members: Record<string, string[]>
}

/** The room of the announcements. */
export const SITE_ROOM = 'site'
