import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const member = z.string()

/** A room is a place to talk; `site` is the one where races are announced. */
export const roomFacts = {
  'room.created': fact(1, z.object({ name: z.string() })),
  /** `first`: the member was not here by another connection. */
  'room.joined': fact(1, z.object({ member, first: z.boolean() })),
  /** `last`: the member is here by no other connection. */
  'room.left': fact(1, z.object({ member, reason: z.string(), last: z.boolean() })),
  'room.message-posted': fact(1, z.object({ member, text: z.string() })),
  /** Said by the site itself about a fact; `about` is that fact's id. */
  'room.announced': fact(1, z.object({ text: z.string(), about: z.string() })),
  'room.topic-set': fact(1, z.object({ topic: z.string() })),
}

export type RoomFact = FactOf<typeof roomFacts>
export type RoomDecided = DecidedOf<typeof roomFacts>
