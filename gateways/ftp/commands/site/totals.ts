import { accountId } from '#actors/account/account.commands.ts'
import type { Column } from '#gateways/cli/admin/columns.ts'
import type { Period, TransferTotals } from '#projections/read-models.ts'

import { creditLines } from '#gateways/ftp/commands/site/account-views.ts'
import { listed, mebibytes, speed } from '#gateways/ftp/commands/site/lines.ts'
import { type SiteCommandTable, wrong } from '#gateways/ftp/commands/site/site-command.ts'

const PERIODS: readonly Period[] = ['all', 'month', 'week', 'day']

interface Row extends TransferTotals {
  readonly period: Period
  readonly direction: 'up' | 'down'
}

/** The same for every table of what was transferred. */
export const TOTAL_COLUMNS: readonly Column<TransferTotals>[] = [
  { title: 'files', of: ({ files }) => files },
  { title: 'MiB', of: ({ sizeBytes }) => mebibytes(sizeBytes) },
  { title: 'KiB/s', of: ({ sizeBytes, durationMs }) => speed(sizeBytes, durationMs) },
]

const COLUMNS: readonly Column<Row>[] = [
  { title: 'period', of: ({ period }) => period },
  { title: 'direction', of: ({ direction }) => direction },
  ...TOTAL_COLUMNS,
]

/** What was transferred. */
export const totalsCommands: SiteCommandTable = {
  STAT: {
    help: 'shows your own credits by section',
    usage: [''],
    words: [0, 0],
    async run({ ask, member }) {
      const { sections } = await ask('credits.show', { account: member.id })
      return [`Credits of ${member.name}:`, ...creditLines(sections), 'End.']
    },
  },
  STATS: {
    help: 'shows what a member has transferred; periods are of UTC',
    usage: ['[<user>]'],
    words: [0, 1],
    async run({ session, member, words: [name = member.id] }) {
      const found = await session.readModels.member(accountId(name))
      if (!found) throw wrong('there is no such member')
      return listed(`Transfers of ${found.name}:`, rowsOf(found), COLUMNS, 'row')
    },
  },
  TRAFFIC: {
    help: 'shows what all members together have transferred',
    usage: [''],
    words: [0, 0],
    async run({ session }) {
      return listed('Transfers of all:', rowsOf(await session.readModels.traffic()), COLUMNS, 'row')
    },
  },
}

type Totals = Readonly<Record<Row['direction'], Readonly<Record<Period, TransferTotals>>>>

function rowsOf(totals: Totals): Row[] {
  return PERIODS.flatMap((period) =>
    (['up', 'down'] as const).map((direction) => ({
      period,
      direction,
      ...totals[direction][period],
    })),
  )
}
