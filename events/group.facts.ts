import { z } from 'zod'

import { type DecidedOf, fact, type FactOf } from '#events/define-facts.ts'

const amount = z.number().int().nonnegative()

/** glFTPd's group record; null: no limit. Zero slots: the group's admins can add nobody. */
export const groupLimits = z.object({
  /** Members that the group's own admins may add. */
  slots: amount.nullable(),
  /** Of them, how many may be leeches (ratio 0). */
  leechSlots: amount.nullable(),
  /** How many may have a weekly allotment, and how large. */
  allotmentSlots: amount.nullable(),
  allotmentBytesMax: amount.nullable(),
  /** Logins at a time of all its members together. */
  loginsMax: amount.nullable(),
})
export type GroupLimits = z.output<typeof groupLimits>

export const groupSlot = z.enum(['member', 'leech', 'allotment'])
export type GroupSlot = z.output<typeof groupSlot>

/** A group of members. Who is in it is said by the accounts; the group counts its slots. */
export const groupFacts = {
  'group.created': fact(1, z.object({ name: z.string() })),
  'group.described': fact(1, z.object({ description: z.string() })),
  /** Those that have changed. */
  'group.limits-set': fact(1, groupLimits.partial()),
  /** A private group is seen by its members and administrators alone. */
  'group.privacy-set': fact(1, z.object({ isPrivate: z.boolean() })),
  'group.slot-taken': fact(1, z.object({ account: z.string(), slot: groupSlot })),
  'group.slot-freed': fact(1, z.object({ account: z.string(), slot: groupSlot })),
  'group.deleted': fact(1, z.object({})),
  'group.readded': fact(1, z.object({})),
}

export type GroupFact = FactOf<typeof groupFacts>
export type GroupDecided = DecidedOf<typeof groupFacts>
