import { isSameGroup } from '#actors/policy/who.ts'

import { forEver } from '#gateways/ftp/commands/site/accounts.ts'
import { amountOf } from '#gateways/ftp/commands/site/change-fields.ts'
import {
  type SiteCall,
  type SiteCommand,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { countIn } from '#gateways/ftp/commands/site/words.ts'

/** Groups are made and changed, and members go in and out of them. */
export const groupCommands: SiteCommandTable = {
  GRPADD: {
    help: 'makes a group',
    usage: ['<group> [<description>]'],
    words: [1],
    isChange: true,
    async run({ ask, words: [name], rest }) {
      const description = rest(1)
      const made = await ask('group.add', { name, ...(description !== '' && { description }) })
      return `${made.name} is a group now; its admins can add nobody until GRPCHANGE gives slots.`
    },
  },
  GRPDEL: onGroup('group.delete', 'deletes a group; its members stay', 'is deleted.'),
  GRPREADD: onGroup('group.readd', 'brings a deleted group back', 'is a group again.'),
  GRPREN: forEver('group', '<group> <new name>'),
  GRPNFO: {
    help: 'sets the description of a group',
    usage: ['<group> <description>'],
    words: [2],
    isChange: true,
    async run({ ask, words: [group], rest }) {
      const { name, description } = await ask('group.set', { group, description: rest(1) })
      return `${name}: ${description}`
    },
  },
  GRPCHANGE: {
    help: 'changes one thing of a group',
    usage: [
      '<group> slots|leech_slots|allot_slots|max_logins <count>|none',
      '<group> max_allot_size <KiB, or with K, M, G>|none',
      '<group> private yes|no',
      '<group> description <text>',
    ],
    words: [3],
    isChange: true,
    async run({ ask, words: [group, field = '', value = ''], rest }) {
      const settingOf = SETTINGS[field.toLowerCase()]
      if (!settingOf) throw wrong(`a field is one of ${Object.keys(SETTINGS).join(', ')}`)
      const { name } = await ask('group.set', { group, ...settingOf(value, rest(2)) })
      return `${name}: ${field.toLowerCase()} is ${rest(2)} now.`
    },
  },
  CHGRP: {
    help: 'takes a member into groups, or out of those that they are in',
    usage: ['<user> <group> [<group> ...]'],
    words: [2, 21],
    isChange: true,
    async run(call) {
      const [account = '', ...groups] = call.words
      for (const group of groups) await toggle(call, account, group)
      return await groupsOf(call, account)
    },
  },
  CHPGRP: {
    help: 'takes members into a private group, or out of it; of other groups: CHGRP',
    usage: ['<user> <group>'],
    words: [2, 2],
    isChange: true,
    async run(call) {
      const [account = '', group = ''] = call.words
      const { name, is_private } = await call.ask('group.show', { group })
      if (!is_private) throw wrong(`${name} is not private: SITE CHGRP is for it`)
      await toggle(call, account, name)
      return await groupsOf(call, account)
    },
  },
  CHGADMIN: {
    help: 'makes a member an admin of a group, or no longer one',
    usage: ['<user> <group>'],
    words: [2, 2],
    isChange: true,
    async run({ ask, words: [account, group = ''] }) {
      const { groups } = await ask('account.show', { account })
      const isAdmin = groups.some((each) => isSameGroup(each.name, group) && each.is_admin)
      await ask('account.set-group-admin', { account, group, is_admin: !isAdmin })
      return `${account} is ${isAdmin ? 'no longer an' : 'an'} admin of ${group}${isAdmin ? '' : ' now'}.`
    },
  },
}

function onGroup(
  operation: 'group.delete' | 'group.readd',
  help: string,
  words: string,
): SiteCommand {
  return {
    help,
    usage: ['<group>'],
    words: [1, 1],
    isChange: true,
    async run({ ask, words: [group] }) {
      const { name } = await ask(operation, { group })
      return `${name} ${words}`
    },
  }
}

async function toggle({ ask }: SiteCall, account: string, group: string): Promise<void> {
  const { groups } = await ask('account.show', { account })
  const isIn = groups.some(({ name }) => isSameGroup(name, group))
  await ask(isIn ? 'account.leave-group' : 'account.join-group', { account, group })
}

/** Who has just left the group of the caller may be out of their sight: then nothing more is told. */
async function groupsOf({ ask, member, may }: SiteCall, account: string): Promise<string> {
  const isSeen = account.toLowerCase() === member.id || (await may({ action: 'see-users' }))
  if (!isSeen) return `The groups of ${account} are changed.`
  const { name, groups } = await ask('account.show', { account })
  return `${name} is in ${groups.map((each) => each.name).join(', ')} now.`
}

const SLOTS_MAX = 10_000

type Setting = (value: string, text: string) => object

const limit =
  (name: string, read: (text: string) => number | undefined): Setting =>
  (value) => {
    if (value === '-1' || value.toLowerCase() === 'none') return { limits: { [name]: null } }
    const set = read(value)
    if (set === undefined) throw wrong(`a number up to ${SLOTS_MAX}, or none`)
    return { limits: { [name]: set } }
  }

const slots = (text: string) => countIn(text, 0, SLOTS_MAX)

const SETTINGS: Readonly<Record<string, Setting | undefined>> = {
  slots: limit('slots', slots),
  leech_slots: limit('leech_slots', slots),
  allot_slots: limit('allotment_slots', slots),
  max_logins: limit('logins_max', slots),
  max_allot_size: limit('allotment_bytes_max', amountOf),
  private: (value) => {
    const isPrivate = { yes: true, no: false }[value.toLowerCase()]
    if (isPrivate === undefined) throw wrong('yes or no')
    return { is_private: isPrivate }
  },
  description: (_, text) => ({ description: text }),
}
