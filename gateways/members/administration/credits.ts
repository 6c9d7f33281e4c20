import { z } from 'zod'

import {
  balanceOf,
  DEFAULT_SECTION,
  type LedgerCommand,
  type LedgerContext,
  ratioIn,
} from '#actors/ledger/ledger.commands.ts'
import type { CommandContext, Receipt } from '#actors/kernel/host.ts'
import { entryOf } from '#events/records.ts'

import {
  accountOf,
  activeAccount,
  readModelsOf,
} from '#gateways/members/administration/account-actor.ts'
import { type AdministrationDeps, operation } from '#gateways/members/administration/operation.ts'
import {
  isoOf,
  moment,
  pageParams,
  pageShape,
  withAccount,
} from '#gateways/members/administration/shapes.ts'

export const sectionParam = z
  .string()
  .regex(/^[\w.-]{1,64}$/, '1 to 64 letters, digits, dots, _ and -')
  .describe('of the site; credits lie in `default` where a section has none of its own')
export const bytesParam = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 50)
  .describe('of credits')
export const noteParam = z.string().max(300).optional().describe('shown beside the line')

export const balanceShape = z.object({
  account: z.string(),
  section: z.string(),
  balance_bytes: z.number().int(),
})

export async function ledgerOf(
  { host }: Pick<AdministrationDeps, 'host'>,
  id: string,
): Promise<Readonly<LedgerContext>> {
  return (await host.state<LedgerContext>({ kind: 'ledger', id })).context
}

export async function sendLedger(
  { host }: Pick<AdministrationDeps, 'host'>,
  id: string,
  command: LedgerCommand,
  context: CommandContext,
): Promise<Receipt> {
  return await host.send({ kind: 'ledger', id }, command, context)
}

/** The balance of a section, as it is now. */
export async function balanceNow(deps: AdministrationDeps, account: string, section: string) {
  const ledger = await ledgerOf(deps, account)
  return { account, section, balance_bytes: entryOf(ledger.balances, section) ?? 0 }
}

export const showCredits = operation({
  summary: 'Credits, ratios and weekly allotments by section',
  params: withAccount,
  result: z.object({
    account: z.string(),
    sections: z.array(
      z.object({
        section: z.string(),
        balance_bytes: z.number().int(),
        ratio: z.number().describe('credits per byte of an upload; 0: a leech'),
        allotment_bytes: z.number().int().nullable().describe('a week'),
      }),
    ),
  }),
  action: 'see-users',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account }) {
    const { id } = await accountOf(deps, account)
    const ledger = await ledgerOf(deps, id)
    const { balances, ratios, allotments } = ledger
    const named = [balances, ratios, allotments].flatMap((each) => Object.keys(each))
    const sections = [...new Set([DEFAULT_SECTION, ...named.toSorted()])]
    return {
      account: id,
      sections: sections.map((section) => ({
        section,
        balance_bytes: entryOf(balances, section) ?? 0,
        ratio: ratioIn(ledger, section),
        allotment_bytes: entryOf(allotments, section) ?? null,
      })),
    }
  },
})

const lineShape = z
  .object({
    line: z.number().int().describe('its number in the ledger'),
    at: moment,
    by: z.string().nullable(),
    section: z.string(),
    change_bytes: z.number().int(),
    balance_bytes: z.number().int().describe('of the section, after it'),
    cause: z.record(z.string(), z.string()),
    reverses_line: z.number().int().nullable(),
  })
  .meta({ id: 'LedgerLine' })

export const explainCredits = operation({
  summary: 'Every line of the credits with its cause, the last one first',
  params: withAccount.extend({ section: sectionParam.optional(), ...pageParams }),
  result: pageShape(lineShape),
  action: 'see-users',
  account: ({ account }) => account,
  isFree: true,
  async run(deps, { account, section, limit, cursor }) {
    const { id } = await accountOf(deps, account)
    const page = await readModelsOf(deps).ledger({
      account: id,
      limit,
      ...(section !== undefined && { section }),
      ...(cursor !== undefined && { cursor }),
    })
    return {
      items: page.items.map((each) => ({
        line: each.line,
        at: isoOf(each.at),
        by: each.by,
        section: each.section,
        change_bytes: each.changeBytes,
        balance_bytes: each.balanceAfterBytes,
        cause: told({ ...each.cause }),
        reverses_line: each.reversedLine,
      })),
      next_cursor: page.nextCursor,
    }
  },
})

/** What is known of a cause. */
function told(cause: Readonly<Record<string, string | null>>): Record<string, string> {
  const known = Object.entries(cause).filter((each): each is [string, string] => each[1] !== null)
  return Object.fromEntries(known)
}

const given = withAccount.extend({
  section: sectionParam.default(DEFAULT_SECTION),
  bytes: bytesParam,
  note: noteParam,
})

/** The balance that a section means; of an account that can still be used. */
export async function keptSection(deps: AdministrationDeps, account: string, section: string) {
  const { id } = await activeAccount(deps, account)
  return { id, section: balanceOf(await ledgerOf(deps, id), section).section }
}

/** By hand: the line tells who did it, and what they say about it. */
function byHand(
  summary: string,
  action: 'give' | 'take',
  kind: 'gift' | 'taken',
  order: { readonly type: 'ledger.credit' } | { readonly type: 'ledger.debit'; mayOwe: true },
) {
  return operation({
    summary,
    params: given,
    result: balanceShape,
    action,
    account: ({ account }) => account,
    async run(deps, { account, bytes, note, section: named }, { member, context }) {
      const { id, section } = await keptSection(deps, account, named)
      const cause = { kind, ...(member && { member: member.id }), ...(note && { note }) }
      await sendLedger(deps, id, { ...order, section, bytes, cause }, context())
      return await balanceNow(deps, id, section)
    },
  })
}

export const giveCredits = byHand('Gives a member credits out of nothing', 'give', 'gift', {
  type: 'ledger.credit',
})

export const takeCredits = byHand(
  'Takes credits from a member, who may be left in debt',
  'take',
  'taken',
  { type: 'ledger.debit', mayOwe: true },
)
