import { accountId } from '#actors/account/account.commands.ts'
import type { Column } from '#gateways/cli/admin/columns.ts'
import type { Period, TotalsByPeriod, TransferTotals } from '#projections/transfer-models.ts'

import { creditLines } from '#gateways/ftp/commands/site/account-views.ts'
import { listed, mebibytes, speed } from '#gateways/ftp/commands/site/lines.ts'
import { type SiteCommandTable, wrong } from '#gateways/ftp/commands/site/site-command.ts'

const PERIODS: readonly Period[] = ['all', 'month', 'week', 'day']

/** In the column of the sections: the sums over all of them. */
const ALL = '(all)'

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

interface SectionRow extends Row {
  readonly section: string | null
}

const SECTION_COLUMNS: readonly Column<SectionRow>[] = [
  { title: 'section', of: ({ section }) => section ?? ALL },
  ...COLUMNS,
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
    help: 'shows what a member has transferred, in all and by section; periods are of UTC',
    usage: ['[<user>]'],
    words: [0, 1],
    async run({ session, ask, member, words: [name = member.id] }) {
      const found = await session.readModels.member(accountId(name))
      if (!found) throw wrong('there is no such member')
      const { items } = await ask('section.list', {})
      const seen = new Set(items.map((each) => each.name))
      const inSections = found.sections
        .filter(({ section }) => seen.has(section))
        .flatMap(({ section, ...totals }) => rowsOf(totals).map((row) => ({ section, ...row })))
        .filter(({ sizeBytes, files }) => sizeBytes > 0 || files > 0)
      const rows = [...rowsOf(found).map((row) => ({ section: null, ...row })), ...inSections]
      return listed(`Transfers of ${found.name}:`, rows, SECTION_COLUMNS, 'row')
    },
  },
  TRAFFIC: {
    help: 'shows what all members together have transferred, in all sections or in one',
    usage: ['[<section>]'],
    words: [0, 1],
    async run({ session, ask, words: [section] }) {
      if (section !== undefined) await ask('section.show', { section })
      const title = section === undefined ? 'Transfers of all:' : `Transfers of all in ${section}:`
      return listed(title, rowsOf(await session.readModels.traffic(section)), COLUMNS, 'row')
    },
  },
}

function rowsOf(totals: TotalsByPeriod): Row[] {
  return PERIODS.flatMap((period) =>
    (['up', 'down'] as const).map((direction) => ({
      period,
      direction,
      ...totals[direction][period],
    })),
  )
}
