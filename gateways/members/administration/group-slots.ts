import type { GroupCommand, GroupContext } from '#actors/group/group.commands.ts'
import { GROUP_REFUSALS, groupId } from '#actors/group/group.commands.ts'
import type { CommandContext, Receipt } from '#actors/kernel/host.ts'
import { isSameGroup } from '#actors/policy/who.ts'
import type { GroupSlot } from '#events/group.facts.ts'
import { Refusal } from '#events/refusal.ts'

import {
  type AdministrationDeps,
  type Caller,
  refuse,
} from '#gateways/members/administration/operation.ts'

export async function sendGroup(
  { host }: Pick<AdministrationDeps, 'host'>,
  group: string,
  command: GroupCommand,
  context: CommandContext,
): Promise<Receipt> {
  return await host.send({ kind: 'group', id: groupId(group) }, command, context)
}

/** A group that is or was there. Rejects with `no-such-group`. */
export async function groupOf({ host }: Pick<AdministrationDeps, 'host'>, name: string) {
  const id = groupId(name)
  const { value, context } = await host.state<GroupContext>({ kind: 'group', id })
  if (value !== 'absent') return { id, isDeleted: value === 'deleted', group: context }
  throw new Refusal(GROUP_REFUSALS.noSuchGroup, 'There is no such group.')
}

export interface Slot {
  readonly group: string
  readonly account: string
  readonly slot: GroupSlot
}

/** Answers whether it is a new one. Rejects with `no-free-slot`. */
export async function takeSlot(
  deps: Pick<AdministrationDeps, 'host'>,
  { group, ...slot }: Slot,
  caller: Caller,
): Promise<boolean> {
  const command = { type: 'group.take-slot', ...slot } as const
  const { facts } = await sendGroup(deps, group, command, caller.context(`take-${slot.slot}`))
  return facts.length > 0
}

export async function freeSlot(
  deps: Pick<AdministrationDeps, 'host'>,
  { group, ...slot }: Slot,
  caller: Caller,
): Promise<void> {
  const command = { type: 'group.free-slot', ...slot } as const
  await sendGroup(deps, group, command, caller.context(`free-${slot.slot}`))
}

interface Joining {
  readonly account: string
  readonly group: string
  /** Whether it is done by no more than an admin of the group. */
  readonly isByAdmin: boolean
}

/**
 * The group that an account is to join, as it spells itself, and the slot that was taken. Who
 * administers accounts needs no slot, and makes a group by naming it.
 */
export async function groupToJoin(
  deps: AdministrationDeps,
  { account, group: name, isByAdmin }: Joining,
  caller: Caller,
): Promise<{ readonly group: string; readonly slot?: Slot }> {
  if (!isByAdmin) {
    await sendGroup(deps, name, { type: 'group.create', name }, caller.context('group'))
    return { group: (await groupOf(deps, name)).group.name }
  }
  if (!caller.member?.adminOf.some((own) => isSameGroup(own, name))) {
    throw refuse('The admins of a group let members into their own group alone.', 'group-admin')
  }
  const { group } = await groupOf(deps, name)
  const slot: Slot = { account, group: group.name, slot: 'member' }
  const isNew = await takeSlot(deps, slot, caller)
  return { group: group.name, ...(isNew && { slot }) }
}
