import { isSameGroup } from '#actors/policy/who.ts'
import { groupLines } from '#gateways/cli/admin/record-view.ts'

import { listed, moment } from '#gateways/ftp/commands/site/lines.ts'
import { firstOf } from '#gateways/ftp/commands/site/pages.ts'
import {
  type ResultOf,
  type SiteCall,
  type SiteCommand,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'

/** Groups of one answer. */
const GROUPS_SHOWN = 1_000

const group: SiteCommand = {
  help: 'shows the record of a group, with its slots',
  usage: ['[<group>]'],
  words: [0, 1],
  async run({ ask, member, words: [name = member.group] }) {
    const record = await ask('group.show', { group: name })
    return [`Record of ${record.name}:`, ...groupLines(record).map((line) => ` ${line}`), 'End.']
  },
}

/** Which groups there are; private ones are not there for others. */
export const groupViewCommands: SiteCommandTable = {
  GROUP: group,
  GRP: group,
  GROUPS: {
    help: 'lists the groups',
    usage: [''],
    words: [0, 0],
    async run({ ask }) {
      const { items } = await firstOf(GROUPS_SHOWN, (place) => ask('group.list', place))
      return listed('Groups:', items, GROUP_COLUMNS, 'group')
    },
  },
  GINFO: {
    help: 'lists the members of a group, for who is in it or may see users',
    usage: ['[<group>]'],
    words: [0, 1],
    async run(call) {
      const { ask, session, words } = call
      const { name } = await ask('group.show', { group: words[0] ?? call.member.group })
      await assertMaySeeMembers(call, name)
      const found = await session.readModels.group(name)
      if (!found) throw wrong('that group is not known yet: try again')
      return listed(`Members of ${name}:`, found.members, MEMBER_COLUMNS, 'member')
    },
  },
}

type Listed = ResultOf<'group.list'>['items'][number]

const GROUP_COLUMNS = [
  { title: 'name', of: ({ name }: Listed) => name },
  { title: 'members', of: (each: Listed) => each.member_count },
  {
    title: 'standing',
    of: (each: Listed) => (each.is_deleted ? 'deleted' : each.is_private ? 'private' : 'open'),
  },
  { title: 'description', of: ({ description }: Listed) => description },
]

interface InGroup {
  readonly name: string
  readonly isAdmin: boolean
  readonly since: number
  readonly slots: readonly string[]
}

const MEMBER_COLUMNS = [
  { title: 'name', of: ({ name }: InGroup) => name },
  { title: 'admin', of: ({ isAdmin }: InGroup) => (isAdmin ? 'yes' : 'no') },
  { title: 'since, UTC', of: ({ since }: InGroup) => moment(since) },
  { title: 'slots', of: ({ slots }: InGroup) => slots.join(', ') },
]

/** Its own members, its admins, and who sees the records of others. */
async function assertMaySeeMembers({ member, may, assertMay }: SiteCall, name: string) {
  if (member.groups.some((own) => isSameGroup(own, name))) return
  if (await may({ action: 'administer-groups', group: name })) return
  await assertMay('see-users')
}
