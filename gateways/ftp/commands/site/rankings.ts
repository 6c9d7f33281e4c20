import type { Period, RankedTotals } from '#projections/read-models.ts'

import { listed } from '#gateways/ftp/commands/site/lines.ts'
import { seenGroups, withSeenGroups } from '#gateways/ftp/commands/site/seen-groups.ts'
import {
  type SiteCommand,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { TOTAL_COLUMNS } from '#gateways/ftp/commands/site/totals.ts'
import { countIn } from '#gateways/ftp/commands/site/words.ts'

type Direction = 'up' | 'down'

const SHOWN = '10'
const SHOWN_MAX = 100

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
    usage: ['[<count>] [=<group>]'],
    words: [0, 2],
    async run(call) {
      const group = call.words.find((word) => word.startsWith('='))?.slice(1)
      const rest = call.words.filter((word) => !word.startsWith('='))
      if (rest.length > 1) throw wrong('a count and a group at most')
      // A private group is not there for others, its members are.
      if (group !== undefined) await call.ask('group.show', { group })
      const limit = countOf(rest[0])
      const asked = { period, direction, limit, ...(group !== undefined && { group }) }
      const found = await call.session.readModels.topMembers(asked)
      const rows = ranked(await withSeenGroups(call, found))
      return listed(title('members', period, direction), rows, COLUMNS, 'member')
    },
  })),
  ...each(GROUPS, (period, direction) => ({
    help: `ranks groups by what their members have ${DONE[direction]}, ${SINCE[period]}`,
    usage: ['[<count>]'],
    words: [0, 1],
    async run(call) {
      const limit = countOf(call.words[0])
      const found = await call.session.readModels.topGroups({ period, direction, limit })
      const seen = await seenGroups(
        call,
        found.map(({ name }) => name),
      )
      const rows = ranked(found.filter(({ name }) => seen.has(name)))
      return listed(title('groups', period, direction), rows, GROUP_COLUMNS, 'group')
    },
  })),
}

function each(
  names: typeof MEMBERS,
  command: (period: Period, direction: Direction) => SiteCommand,
): SiteCommandTable {
  return Object.fromEntries(Object.entries(names).map(([name, of]) => [name, command(...of)]))
}

function title(what: string, period: Period, direction: Direction): string {
  return `The ${what} that have ${DONE[direction]} most ${SINCE[period]}:`
}

function countOf(text = SHOWN): number {
  const count = countIn(text, 1, SHOWN_MAX)
  if (count === undefined) throw wrong(`a count is 1 to ${SHOWN_MAX}`)
  return count
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
