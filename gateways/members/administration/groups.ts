import { z } from 'zod'

import type { GroupCommand, GroupContext } from '#actors/group/group.commands.ts'
import { groupLimits } from '#events/group.facts.ts'
import { isSameGroup } from '#actors/policy/who.ts'
import { Refusal } from '#events/refusal.ts'

import { readModelsOf } from '#gateways/members/administration/account-actor.ts'
import { groupOf, sendGroup } from '#gateways/members/administration/group-slots.ts'
import {
  type AdministrationDeps,
  type Caller,
  operation,
  refuse,
} from '#gateways/members/administration/operation.ts'
import { groupParam, pageParams, pageShape } from '#gateways/members/administration/shapes.ts'
import { camelCased, snakeCased } from '#gateways/members/administration/snake-case.ts'

const amount = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).nullable()
const limitsShape = z.object({
  slots: amount.describe('members that the admins of the group may add; null: no limit'),
  leech_slots: amount.describe('of them, how many may be leeches'),
  allotment_slots: amount.describe('how many may have a weekly allotment'),
  allotment_bytes_max: amount.describe('and how large'),
  logins_max: amount.describe('logins at a time of all members together'),
})
type Limits = z.output<typeof limitsShape>

/** What is said of a group wherever it is shown. */
const saidShape = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  is_private: z.boolean(),
  is_deleted: z.boolean(),
})

const groupShape = saidShape
  .extend({
    limits: limitsShape,
    slots_taken: z.object({
      member: z.number().int(),
      leech: z.number().int(),
      allotment: z.number().int(),
    }),
  })
  .meta({ id: 'Group' })

const withGroup = z.object({ group: groupParam })

export const addGroup = operation({
  summary: 'Makes a group',
  params: z.object({ name: groupParam, description: z.string().max(500).optional() }),
  result: groupShape,
  action: 'administer-groups',
  async run(deps, { name, description }, caller) {
    await sendGroup(deps, name, { type: 'group.create', name }, caller.context('create'))
    if (description !== undefined) {
      const command = { type: 'group.describe', description } as const
      await sendGroup(deps, name, command, caller.context('describe'))
    }
    return await render(deps, name)
  },
})

export const showGroup = operation({
  summary: 'A group',
  params: withGroup,
  result: groupShape,
  async run(deps, { group }, caller) {
    const shown = await render(deps, group)
    if (shown.is_private && !(await maySee(deps, shown.name, caller))) {
      // As one that is not there: that it is there is private too.
      throw new Refusal('no-such-group', 'There is no such group.')
    }
    return shown
  },
})

const summaryShape = saidShape
  .extend({ member_count: z.number().int() })
  .meta({ id: 'GroupSummary' })

export const listGroups = operation({
  summary: 'Groups by name',
  params: z.object(pageParams),
  result: pageShape(summaryShape),
  async run(deps, { limit, cursor }, { member }) {
    const isAll =
      !member || (await deps.policy.ask(member, { action: 'administer-groups' })).isAllowed
    const query = { limit, withPrivate: isAll, withDeleted: isAll }
    const page = await readModelsOf(deps).groups({ ...query, ...(cursor && { cursor }) })
    return {
      items: page.items.map((each) => ({
        id: each.id,
        name: each.name,
        description: each.description,
        is_private: each.isPrivate,
        is_deleted: each.isDeleted,
        member_count: each.memberCount,
      })),
      next_cursor: page.nextCursor,
    }
  },
})

export const setGroup = operation({
  summary: 'Changes what is said of a group',
  params: withGroup.extend({
    description: z.string().max(500).optional(),
    limits: limitsShape.partial().optional().describe('those that change'),
    is_private: z.boolean().optional(),
  }),
  result: groupShape,
  action: 'administer-groups',
  group: ({ group }) => group,
  async run(deps, { group, description, limits, is_private: isPrivate }, caller) {
    if (limits !== undefined) await assertNotGroupAdmin(deps, group, caller)
    const commands: GroupCommand[] = [
      ...(description === undefined ? [] : [{ type: 'group.describe', description } as const]),
      ...(isPrivate === undefined ? [] : [{ type: 'group.set-privacy', isPrivate } as const]),
      ...(limits === undefined ? [] : [limitsCommand(limits)]),
    ]
    for (const command of commands) {
      await sendGroup(deps, group, command, caller.context(command.type))
    }
    return await render(deps, group)
  },
})

function limitsCommand(limits: {
  readonly [K in keyof Limits]?: Limits[K] | undefined
}): GroupCommand {
  return { type: 'group.set-limits', limits: groupLimits.partial().parse(camelCased(limits)) }
}

function lifecycle(summary: string, type: 'group.delete' | 'group.readd') {
  return operation({
    summary,
    params: withGroup,
    result: groupShape,
    action: 'administer-groups',
    group: ({ group }) => group,
    async run(deps, { group }, caller) {
      await assertNotGroupAdmin(deps, group, caller)
      await sendGroup(deps, group, { type }, caller.context())
      return await render(deps, group)
    },
  })
}

export const deleteGroup = lifecycle('Deletes a group; who is in it stays a member', 'group.delete')
export const readdGroup = lifecycle('Takes a deletion back', 'group.readd')

/** How many members its admins may add is not for them to say, nor whether there is a group. */
async function assertNotGroupAdmin(
  { policy }: AdministrationDeps,
  group: string,
  { member }: Caller,
): Promise<void> {
  if (!member) return
  const { reason } = await policy.assert(member, { action: 'administer-groups', group })
  if (reason === 'group-admin') throw refuse('That is not for the admins of a group.', reason)
}

async function maySee(deps: AdministrationDeps, group: string, { member }: Caller) {
  if (!member || member.groups.some((own) => isSameGroup(own, group))) return true
  const { isAllowed } = await deps.policy.ask(member, { action: 'administer-groups', group })
  return isAllowed
}

async function render(
  deps: AdministrationDeps,
  name: string,
): Promise<z.output<typeof groupShape>> {
  const { id, group, isDeleted } = await groupOf(deps, name)
  return {
    id,
    name: group.name,
    description: group.description,
    is_private: group.isPrivate,
    is_deleted: isDeleted,
    limits: snakeCased({ ...group.limits }) as Limits,
    slots_taken: takenOf(group),
  }
}

function takenOf({ slots }: Readonly<GroupContext>) {
  const { member, leech, allotment } = slots
  return { member: member.length, leech: leech.length, allotment: allotment.length }
}
