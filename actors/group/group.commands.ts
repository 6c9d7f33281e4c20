import { z } from 'zod'

import { groupName } from '#actors/account/account.commands.ts'
import { type GroupLimits, groupLimits, groupSlot } from '#events/group.facts.ts'

const account = z.string().min(1).max(64)

export const groupCommands = z.discriminatedUnion('type', [
  /** Changes nothing when the group is there already. */
  z.object({ type: z.literal('group.create'), name: groupName }),
  z.object({ type: z.literal('group.describe'), description: z.string().max(500) }),
  z.object({ type: z.literal('group.set-limits'), limits: groupLimits.partial() }),
  z.object({ type: z.literal('group.set-privacy'), isPrivate: z.boolean() }),
  /**
   * Refused with `no-free-slot` when the group has no free one of that sort. An account that has
   * one of that sort keeps it.
   */
  z.object({ type: z.literal('group.take-slot'), account, slot: groupSlot }),
  z.object({ type: z.literal('group.free-slot'), account, slot: groupSlot }),
  z.object({ type: z.literal('group.delete') }),
  z.object({ type: z.literal('group.readd') }),
])

export type GroupCommand = z.output<typeof groupCommands>

export const GROUP_REFUSALS = {
  noSuchGroup: 'no-such-group',
  groupDeleted: 'group-deleted',
  /** Fields `slot`, `limit`. */
  noFreeSlot: 'no-free-slot',
} as const

/** The id of the group with this name: names that differ in case alone are one group. */
export function groupId(name: string): string {
  return name.toLowerCase()
}

/** Slots of a sort that a group without a limit has. */
export const GROUP_SLOTS_MAX = 10_000

/** A new group's own admins can add nobody until it is given slots. */
export const NEW_GROUP_LIMITS: GroupLimits = {
  slots: 0,
  leechSlots: 0,
  allotmentSlots: 0,
  allotmentBytesMax: null,
  loginsMax: null,
}

/** State values: `absent`, `active`, `deleted`. */
export interface GroupContext {
  name: string
  description: string
  isPrivate: boolean
  limits: GroupLimits
  /** Sort of slot to the accounts that hold one. */
  slots: Record<'member' | 'leech' | 'allotment', string[]>
}
