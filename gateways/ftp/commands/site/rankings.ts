import type { Period, RankedTotals, RankingQuery } from '#projections/transfer-models.ts'

import { countAndSection } from '#gateways/ftp/commands/site/count-and-section.ts'
import { listed } from '#gateways/ftp/commands/site/lines.ts'
import { seenGroups, withSeenGroups } from '#gateways/ftp/commands/site/seen-groups.ts'
import {
  type SiteCall,
  type SiteCommand,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { TOTAL_COLUMNS } from '#gateways/ftp/commands/site/totals.ts'

type Direction = 'up' | 'down'

const SHOWN = 10

/** glFTPd's names; members' end in UP or DN, groups' begin with GP. */
const MEMBERS: Readonly<Record<string, readonly [Period, Direction]>> = {
  ALUP: ['all', 'up'],
  ALDN: ['all', 'down'],
  MONTHUP: ['month', 'up'],
  MONTHDN: ['month', 'down'],
  WKUP: ['week', 'up'],
  WKDN: ['week', 'down'],
  DAYUP: ['day', 'up'],
  DAYDN: ['day', 'down'],
}

const GROUPS: Readonly<Record<string, readonly [Period, Direction]>> = {
  GPAL: ['all', 'up'],
  GPAD: ['all', 'down'],
  GPMONTHUP: ['month', 'up'],
  GPMONTHDN: ['month', 'down'],
  GPWK: ['week', 'up'],
  GPWD: ['week', 'down'],
}

const SINCE: Readonly<Record<Period, string>> = {
  all: 'of all time',
  month: 'of this month',
  week: 'of this week',
  day: 'of today',
}
const DONE: Readonly<Record<Direction, string>> = { up: 'uploaded', down: 'downloaded' }

/** Who has transferred most. */
export const rankingCommands: SiteCommandTable = {
  ...each(MEMBERS, (period, direction) => ({
    help: `ranks members by what they have ${DONE[direction]}, ${SINCE[period]}`,
    usage: ['[<count>] [<section>] [=<group>]: only what was done in it, and by its members'],
    words: [0, 3],
    async run(call) {
      const query = { period, direction, ...(await selected(call)) }
      const found = await call.session.readModels.topMembers(query)
      const rows = ranked(await withSeenGroups(call, found))
      return listed(title('members', query), rows, COLUMNS, 'member')
    },
  })),
  ...each(GROUPS, (period, direction) => ({
    help: `ranks groups by what their members have ${DONE[direction]}, ${SINCE[period]}`,
    usage: ['[<count>] [<section>] [=<group>]: only what was done in it, and by that group'],
    words: [0, 3],
    async run(call) {
      const query = { period, direction, ...(await selected(call)) }
      const found = await call.session.readModels.topGroups(query)
      const seen = await seenGroups(
        call,
        found.map(({ name }) => name),
      )
      const rows = ranked(found.filter(({ name }) => seen.has(name)))
      return listed(title('groups', query), rows, GROUP_COLUMNS, 'group')
    },
  })),
}

function each(
  names: typeof MEMBERS,
  command: (period: Period, direction: Direction) => SiteCommand,
): SiteCommandTable {
  return Object.fromEntries(Object.entries(names).map(([name, of]) => [name, command(...of)]))
}

/** A section or group that is hidden from the member is refused as one that is not there. */
async function selected({
  words,
  ask,
}: SiteCall): Promise<Omit<RankingQuery, 'period' | 'direction'>> {
  const isGroup = (word: string) => word.startsWith('=')
  const [group, ...more] = words.filter(isGroup).map((word) => word.slice(1))
  if (more.length > 0) throw wrong('one group at most')
  const { limit, section } = countAndSection(
    words.filter((word) => !isGroup(word)),
    SHOWN,
  )
  if (section !== undefined) await ask('section.show', { section })
  if (group !== undefined) await ask('group.show', { group })
  return { limit, ...(section !== undefined && { section }), ...(group !== undefined && { group }) }
}

function title(what: string, { period, direction, section }: RankingQuery): string {
  const where = section === undefined ? '' : ` in ${section}`
  return `The ${what} that have ${DONE[direction]} most${where} ${SINCE[period]}:`
}

type Shown = Omit<RankedTotals, 'group'> & { readonly group: string | null }
type Ranked = Shown & { readonly rank: number }

function ranked(found: readonly Shown[]): Ranked[] {
  return found.map((each, index) => ({ ...each, rank: index + 1 }))
}

const GROUP_COLUMNS = [
  { title: 'rank', of: ({ rank }: Ranked) => rank },
  { title: 'name', of: ({ name }: Ranked) => name },
  ...TOTAL_COLUMNS,
]

const COLUMNS = [
  ...GROUP_COLUMNS.slice(0, 2),
  { title: 'group', of: ({ group }: Ranked) => group },
  ...TOTAL_COLUMNS,
]
