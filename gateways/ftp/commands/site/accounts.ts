import { isMask } from '#gateways/members/masks.ts'

import { counted } from '#gateways/ftp/commands/site/lines.ts'
import {
  type SiteCall,
  type SiteCommand,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { closing, reply } from '#gateways/ftp/replies.ts'

/** Where new members go whom no admin of a group lets in, as at the command line. */
const GROUP_OF_NEW = 'MEMBERS'
/** glFTPd's flag 3: who has it sees no other groups. */
const FLAGS_OF_NEW = '3'

/** Members are made, come in, and go. */
export const accountCommands: SiteCommandTable = {
  ADDUSER: {
    help: 'makes a member, in the group whose admin adds it',
    usage: ['<user> <password> [<ident@address> ...]'],
    words: [2, 12],
    isChange: true,
    async run(call) {
      const [name = '', password = '', ...masks] = call.words
      const isFull = await call.may({ action: 'administer-accounts' })
      const group = isFull ? GROUP_OF_NEW : (call.member.adminOf[0] ?? GROUP_OF_NEW)
      return await add(call, { name, password, group }, masks)
    },
  },
  GADDUSER: {
    help: 'makes a member of a group',
    usage: ['<group> <user> <password> [<ident@address> ...]'],
    words: [3, 13],
    isChange: true,
    async run(call) {
      const [group = '', name = '', password = '', ...masks] = call.words
      return await add(call, { name, password, group }, masks)
    },
  },
  DELUSER: {
    help: 'deletes a member, who can be brought back, and ends all their sessions',
    usage: ['<user> [<reason>]'],
    words: [1],
    isChange: true,
    async run({ ask, words: [account], rest }) {
      await ask('account.delete', { account, reason: rest(1) })
      return `${account} is deleted: SITE READD brings them back, SITE PURGE ends it.`
    },
  },
  READD: onAccount('account.readd', 'brings a deleted member back', 'is a member again.'),
  PURGE: onAccount(
    'account.purge',
    'ends a deleted member for good; the name is not given again',
    'is gone for good.',
  ),
  CHPASS: {
    help: "sets a member's password, which ends all their sessions; of one's own: PASSWD",
    usage: ['<user> <password>'],
    words: [2, 2],
    isChange: true,
    async run({ ask, member, words: [account = '', password] }) {
      if (account.toLowerCase() === member.id) {
        throw wrong('your own password is set by SITE PASSWD, which asks for the present one')
      }
      await ask('account.password', { account, password })
      return `The password of ${account} is set, and all their sessions have ended.`
    },
  },
  PASSWD: {
    help: "sets one's own password; all one's sessions end, this one too",
    usage: ['<present password> <new password>'],
    words: [2, 2],
    isChange: true,
    async run({ ask, member, words: [current, password] }) {
      await ask('account.password', { account: member.id, current, password })
      return closing(200, 'Your password is set: log in again.', 'password-changed')
    },
  },
  ADDIP: masksCommand('add', 'lets a member come from more addresses', 'ident@address'),
  DELIP: masksCommand('remove', 'takes addresses of a member away', 'ident@address'),
  TAGLINE: {
    help: 'sets what stands beside your name',
    usage: ['<text>'],
    words: [1],
    isChange: true,
    async run({ ask, member, rest }) {
      const { tagline } = await ask('account.set-own', { account: member.id, tagline: rest(0) })
      return `Your tagline is: ${tagline}`
    },
  },
  RENUSER: forEver('member', '<user> <new name>'),
}

async function add(
  { ask }: SiteCall,
  account: { readonly name: string; readonly password: string; readonly group: string },
  masks: readonly string[],
): Promise<string> {
  // Before anything is made: a member without the masks meant could come from everywhere.
  if (!masks.every(isMask)) throw wrong('an address is given as ident@address, such as *@192.0.2.*')
  const made = await ask('account.add', { ...account, flags: FLAGS_OF_NEW })
  if (masks.length > 0) await ask('account.set-masks', { account: made.id, add: masks })
  const from =
    masks.length > 0 ? `from ${counted(masks.length, 'mask')}` : 'from every address: see ADDIP'
  return `${made.name} is a member of ${made.group} now, and may come ${from}.`
}

function onAccount(
  operation: 'account.readd' | 'account.purge',
  help: string,
  words: string,
): SiteCommand {
  return {
    help,
    usage: ['<user>'],
    words: [1, 1],
    isChange: true,
    async run({ ask, words: [account] }) {
      await ask(operation, { account })
      return `${account} ${words}`
    },
  }
}

function masksCommand(what: 'add' | 'remove', help: string, mask: string): SiteCommand {
  return {
    help,
    usage: [`<user> <${mask}> [<${mask}> ...]`],
    words: [2, 51],
    isChange: true,
    async run({ ask, words: [account, ...masks] }) {
      const { count } = await ask('account.set-masks', { account, [what]: masks })
      const where = count === 0 ? 'every address' : counted(count, 'mask')
      return `${account} may come from ${where} now.`
    },
  }
}

/** Facts name members and groups for ever: a new name would make another of them. */
export function forEver(what: string, usage: string): SiteCommand {
  return {
    help: `refused: the name of a ${what} is for ever`,
    usage: [usage],
    isOfSession: true,
    run: () => reply(502, `The name of a ${what} is for ever: make a new one.`),
  }
}
