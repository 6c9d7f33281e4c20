import { z } from 'zod'

import { accountId } from '#actors/account/account.commands.ts'
import type { CommandContext } from '#actors/kernel/host.ts'
import { DEFAULT_SECTION, LEDGER_REFUSALS } from '#actors/ledger/ledger.commands.ts'
import { derivedId } from '#events/ids.ts'
import { HOST_REFUSALS, Refusal } from '#events/refusal.ts'

import {
  balanceNow,
  balanceShape,
  bytesParam,
  keptSection,
  ledgerOf,
  noteParam,
  sectionParam,
  sendLedger,
} from '#gateways/members/administration/credits.ts'
import {
  type AdministrationDeps,
  operation,
  OPERATION_REFUSALS,
} from '#gateways/members/administration/operation.ts'
import { accountParam, withAccount } from '#gateways/members/administration/shapes.ts'

/** The refusals after which nobody knows whether the command was taken, or it may still be. */
const UNCERTAIN: ReadonlySet<string> = new Set([
  HOST_REFUSALS.busy,
  HOST_REFUSALS.logUnavailable,
  HOST_REFUSALS.stopping,
  HOST_REFUSALS.faulty,
  HOST_REFUSALS.noHolder,
])

/**
 * A gift is two lines in two ledgers. The second command's id follows from the first's, so that
 * the same request sent again after a crash completes it and gives nothing twice. A recipient
 * who cannot take it has the first line undone.
 */
export const giftCredits = operation({
  summary: "Gives another member of one's own credits",
  params: withAccount.extend({
    to: accountParam,
    section: sectionParam.default(DEFAULT_SECTION),
    bytes: bytesParam,
    note: noteParam,
  }),
  result: balanceShape,
  account: ({ account }) => account,
  isOwn: true,
  async run(deps, { account, to, section: named, bytes, note }, caller) {
    const own = await keptSection(deps, account, named)
    const other = await keptSection(deps, to, named)
    if (own.id === other.id) {
      const errors = [{ pointer: '/to', detail: 'is the one who gives' }]
      throw new Refusal(OPERATION_REFUSALS.invalidParameters, 'That is not valid.', { errors })
    }
    const causeOf = (member: string) => ({ kind: 'gift', member, ...(note && { note }) }) as const
    const debit = caller.context('debit')
    const { facts } = await sendLedger(
      deps,
      own.id,
      { type: 'ledger.debit', ...sum(own, bytes), cause: causeOf(other.id), mayOwe: false },
      debit,
    )
    try {
      await sendLedger(
        deps,
        other.id,
        { type: 'ledger.credit', ...sum(other, bytes), cause: causeOf(own.id) },
        followed(debit, 'credit'),
      )
    } catch (cause) {
      if (!(cause instanceof Refusal) || UNCERTAIN.has(cause.code)) throw cause
      await undo(deps, own.id, facts.at(-1)!.version, followed(debit, 'undo'))
      throw cause
    }
    return await balanceNow(deps, own.id, own.section)
  },
})

function sum({ section }: { readonly section: string }, bytes: number) {
  return { section, bytes }
}

function followed(first: CommandContext, step: string): CommandContext {
  const { commandId, correlationId = commandId } = first
  return { ...first, commandId: derivedId(commandId, step), correlationId, causationId: commandId }
}

async function undo(
  deps: AdministrationDeps,
  id: string,
  line: number,
  context: CommandContext,
): Promise<void> {
  const cause = { kind: 'gift', note: 'it could not be taken' } as const
  await sendLedger(deps, id, { type: 'ledger.reverse', line, cause }, context)
}

export const reverseCredits = operation({
  summary: 'Undoes a line of the credits, wholly or in part',
  params: withAccount.extend({
    line: z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
    bytes: bytesParam.optional().describe('without it all that is left of the line'),
    note: noteParam,
  }),
  result: balanceShape,
  action: 'take',
  account: ({ account }) => account,
  async run(deps, { account, line, bytes, note }, caller) {
    const id = accountId(account)
    const undone = (await ledgerOf(deps, id)).lines[line]
    if (!undone) {
      const words = `There is no line ${line} that can be reversed.`
      throw new Refusal(LEDGER_REFUSALS.noSuchLine, words, { line })
    }
    // To take a debit back is to give.
    if (!undone.isCredit && caller.member) {
      await deps.policy.assert(caller.member, { action: 'give' })
    }
    const cause = { kind: 'adjustment', ...(note && { note }) } as const
    const command = { type: 'ledger.reverse', line, cause, ...(bytes && { bytes }) } as const
    await sendLedger(deps, id, command, caller.context())
    return await balanceNow(deps, id, undone.section)
  },
})
