import { accountId } from '#actors/account/account.commands.ts'
import {
  GROUP_REFUSALS,
  GROUP_SLOTS_MAX,
  type GroupCommand,
  type GroupContext,
} from '#actors/group/group.commands.ts'
import { changedFields } from '#actors/kernel/changed-fields.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import type { GroupDecided, GroupLimits, GroupSlot } from '#events/group.facts.ts'
import { Refusal } from '#events/refusal.ts'

/** What a deleted group still does: nothing more is given out. */
const DELETED_TOO = new Set<GroupCommand['type']>([
  'group.delete',
  'group.readd',
  'group.free-slot',
])

/** Which limit counts for which sort of slot. */
const LIMIT_OF = {
  member: 'slots',
  leech: 'leechSlots',
  allotment: 'allotmentSlots',
} as const satisfies Record<GroupSlot, keyof GroupLimits>

export function decideGroup(
  { value, context: group }: ActorState<GroupContext>,
  command: GroupCommand,
): GroupDecided[] {
  if (value === 'absent') {
    if (command.type === 'group.create') {
      return [{ type: 'group.created', data: { name: command.name } }]
    }
    throw new Refusal(GROUP_REFUSALS.noSuchGroup, 'There is no such group.')
  }
  if (value === 'deleted' && !DELETED_TOO.has(command.type)) {
    throw new Refusal(GROUP_REFUSALS.groupDeleted, `The group ${group.name} is deleted.`)
  }
  switch (command.type) {
    case 'group.create':
      return []
    case 'group.describe': {
      const { description } = command
      if (description === group.description) return []
      return [{ type: 'group.described', data: { description } }]
    }
    case 'group.set-limits': {
      const data = changedFields(group.limits, command.limits)
      return data ? [{ type: 'group.limits-set', data }] : []
    }
    case 'group.set-privacy': {
      const { isPrivate } = command
      return isPrivate === group.isPrivate
        ? []
        : [{ type: 'group.privacy-set', data: { isPrivate } }]
    }
    case 'group.take-slot':
      return takeSlot(group, accountId(command.account), command.slot)
    case 'group.free-slot': {
      const { slot } = command
      const account = accountId(command.account)
      if (!group.slots[slot].includes(account)) return []
      return [{ type: 'group.slot-freed', data: { account, slot } }]
    }
    case 'group.delete':
      return value === 'deleted' ? [] : [{ type: 'group.deleted', data: {} }]
    case 'group.readd':
      return value === 'deleted' ? [{ type: 'group.readded', data: {} }] : []
  }
}

function takeSlot(
  { name, slots, limits }: Readonly<GroupContext>,
  account: string,
  slot: GroupSlot,
): GroupDecided[] {
  if (slots[slot].includes(account)) return []
  const limit = Math.min(limits[LIMIT_OF[slot]] ?? GROUP_SLOTS_MAX, GROUP_SLOTS_MAX)
  if (slots[slot].length < limit) return [{ type: 'group.slot-taken', data: { account, slot } }]
  const words = `${name} has no free ${slot} slot of its ${limit}.`
  throw new Refusal(GROUP_REFUSALS.noFreeSlot, words, { slot, limit })
}
