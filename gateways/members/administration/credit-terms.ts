import { z } from 'zod'

import { DEFAULT_RATIO, DEFAULT_SECTION } from '#actors/ledger/ledger.commands.ts'
import type { GroupSlot } from '#events/group.facts.ts'

import { actingGroup, activeAccount } from '#gateways/members/administration/account-actor.ts'
import {
  bytesParam,
  ledgerOf,
  sectionParam,
  sendLedger,
} from '#gateways/members/administration/credits.ts'
import { freeSlot, groupOf, takeSlot } from '#gateways/members/administration/group-slots.ts'
import {
  type AdministrationDeps,
  type Caller,
  operation,
  refuse,
} from '#gateways/members/administration/operation.ts'
import { withAccount } from '#gateways/members/administration/shapes.ts'

const inSection = withAccount.extend({ section: sectionParam.default(DEFAULT_SECTION) })

export const setRatio = operation({
  summary: 'Sets how many credits an upload earns',
  params: inSection.extend({
    ratio: z.coerce.number().min(0).max(1_000).describe('credits per byte; 0: a leech'),
  }),
  result: z.object({ account: z.string(), section: z.string(), ratio: z.number() }),
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account, section, ratio }, caller) {
    const { id } = await activeAccount(deps, account)
    const group = await actingGroup(deps, caller, id)
    if (group !== undefined && ratio > DEFAULT_RATIO) {
      throw refuse(`The admins of a group give ${DEFAULT_RATIO} at most.`, 'group-admin')
    }
    const command = { type: 'ledger.set-ratio', section, ratio } as const
    await holding(deps, { group, slot: 'leech', account: id }, ratio === 0, caller, () =>
      sendLedger(deps, id, command, caller.context('set')),
    )
    const { ratios } = await ledgerOf(deps, id)
    if (!Object.values(ratios).includes(0)) await freeEverywhere(deps, id, 'leech', caller)
    return { account: id, section, ratio }
  },
})

export const setAllotment = operation({
  summary: 'Sets the credits that a member gets each week in place of what is left',
  params: inSection.extend({ bytes: bytesParam.nullable().describe('null: none any more') }),
  result: z.object({
    account: z.string(),
    section: z.string(),
    allotment_bytes: z.number().int().nullable(),
  }),
  action: 'administer-accounts',
  account: ({ account }) => account,
  async run(deps, { account, section, bytes }, caller) {
    const { id } = await activeAccount(deps, account)
    const group = await actingGroup(deps, caller, id)
    if (group !== undefined && bytes !== null) await assertNotTooLarge(deps, group, bytes)
    const command = { type: 'ledger.set-allotment', section, bytes } as const
    await holding(deps, { group, slot: 'allotment', account: id }, bytes !== null, caller, () =>
      sendLedger(deps, id, command, caller.context('set')),
    )
    const { allotments } = await ledgerOf(deps, id)
    if (Object.keys(allotments).length === 0) await freeEverywhere(deps, id, 'allotment', caller)
    return { account: id, section, allotment_bytes: bytes }
  },
})

interface Held {
  /** Undefined: who sets it needs no slot. */
  readonly group: string | undefined
  readonly account: string
  readonly slot: GroupSlot
}

/** Sets something for which an admin of a group needs one of its slots. */
async function holding(
  deps: AdministrationDeps,
  { group, ...held }: Held,
  isNeeded: boolean,
  caller: Caller,
  set: () => Promise<unknown>,
): Promise<void> {
  if (group === undefined || !isNeeded) return void (await set())
  const slot = { ...held, group }
  const isNew = await takeSlot(deps, slot, caller)
  try {
    await set()
  } catch (cause) {
    if (isNew) await freeSlot(deps, slot, caller)
    throw cause
  }
}

async function assertNotTooLarge(
  deps: AdministrationDeps,
  name: string,
  bytes: number,
): Promise<void> {
  const { allotmentBytesMax } = (await groupOf(deps, name)).group.limits
  if (allotmentBytesMax === null || bytes <= allotmentBytesMax) return
  const words = `The admins of that group give ${allotmentBytesMax} bytes a week at most.`
  throw refuse(words, 'group-admin')
}

/** Whoever is no leech any more, or has no allotment, holds no slot for it in any group. */
async function freeEverywhere(
  deps: AdministrationDeps,
  account: string,
  slot: GroupSlot,
  caller: Caller,
): Promise<void> {
  const { groupOrder } = (await activeAccount(deps, account)).account
  for (const name of groupOrder) {
    const { value, context } = await deps.host.state<{ slots: Record<GroupSlot, string[]> }>({
      kind: 'group',
      id: name.toLowerCase(),
    })
    if (value === 'absent' || !context.slots[slot].includes(account)) continue
    const step = (each?: string) => caller.context(`${name} ${each}`)
    await freeSlot(deps, { group: name, account, slot }, { ...caller, context: step })
  }
}
