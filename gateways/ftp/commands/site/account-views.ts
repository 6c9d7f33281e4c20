import { accountId } from '#actors/account/account.commands.ts'
import { table } from '#gateways/cli/admin/columns.ts'
import { accountLines } from '#gateways/cli/admin/record-view.ts'
import type { AccountSummary } from '#projections/account-models.ts'

import { mebibytes, listed, moment } from '#gateways/ftp/commands/site/lines.ts'
import { firstOf } from '#gateways/ftp/commands/site/pages.ts'
import { withSeenGroups } from '#gateways/ftp/commands/site/seen-groups.ts'
import {
  type ResultOf,
  type SiteCall,
  type SiteCommand,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { countIn } from '#gateways/ftp/commands/site/words.ts'

/** Members of one answer: more are asked for by name. */
export const MEMBERS_SHOWN = 500

const user: SiteCommand = {
  help: 'shows the record of a member, with credits',
  usage: ['[<user>]'],
  words: [0, 1],
  async run({ ask, member, words: [account = member.id] }) {
    const record = await ask('account.show', { account })
    const { sections } = await ask('credits.show', { account })
    const rows = accountLines(record).map((line) => ` ${line}`)
    return [`Record of ${record.name}:`, ...rows, ' ', ...creditLines(sections), 'End.']
  },
}

/** Who the members are. */
export const accountViewCommands: SiteCommandTable = {
  USER: user,
  SHOW: user,
  USERS: {
    help: 'lists members by name',
    usage: ['[<beginning of the name>]', '=<group>'],
    words: [0, 1],
    async run(call) {
      const [which = ''] = call.words
      const found = await membersLike(call, which)
      return listed(
        'Members:',
        found,
        [
          { title: 'name', of: ({ name }) => name },
          { title: 'group', of: ({ group }) => group },
          { title: 'flags', of: ({ flags }) => flags },
          { title: 'role', of: ({ role }) => role },
          { title: 'standing', of: (each) => (each.is_banned ? 'banned' : each.standing) },
          { title: 'last seen, UTC', of: (each) => moment(each.last_seen_at) },
          { title: 'tagline', of: ({ tagline }) => tagline },
        ],
        'member',
      )
    },
  },
  FLAGS: {
    help: 'shows the flags of a member and what they mean',
    usage: ['[<user>]'],
    words: [0, 1],
    async run({ ask, member, words: [account = member.id] }) {
      const { name, flags } = await ask('account.show', { account })
      const rows = Object.entries(FLAGS)
        .filter(([flag]) => flags.includes(flag))
        .map(([flag, meaning]) => ({ flag, meaning }))
      return listed(
        `Flags of ${name}:`,
        rows,
        [
          { title: 'flag', of: ({ flag }) => flag },
          { title: 'meaning', of: ({ meaning }) => meaning },
        ],
        'flag',
      )
    },
  },
  SEEN: {
    help: 'says when a member was here for the last time',
    usage: ['<user>'],
    words: [1, 1],
    async run({ session, words: [name = ''] }) {
      const found = await session.readModels.member(accountId(name))
      if (!found) throw wrong('there is no such member')
      if (found.lastSeenAt === null) return `${found.name} has never been here.`
      return `${found.name} was here at ${moment(found.lastSeenAt)} UTC.`
    },
  },
  LASTON: {
    help: 'lists who was here lately, the last one first',
    usage: ['[<count>]'],
    words: [0, 1],
    async run(call) {
      const [text = '10'] = call.words
      const count = countIn(text, 1, 100)
      if (count === undefined) throw wrong('a count is 1 to 100')
      return listed(
        'Here lately:',
        await withSeenGroups(call, await call.session.readModels.lastSeen(count)),
        LAST_SEEN,
        'member',
      )
    },
  },
}

type LastSeen = Omit<AccountSummary, 'group'> & { readonly group: string | null }

const LAST_SEEN = [
  { title: 'name', of: ({ name }: LastSeen) => name },
  { title: 'group', of: ({ group }: LastSeen) => group },
  { title: 'last seen, UTC', of: ({ lastSeenAt }: LastSeen) => moment(lastSeenAt) },
  { title: 'by', of: ({ lastGateway }: LastSeen) => lastGateway },
  { title: 'tagline', of: ({ tagline }: LastSeen) => tagline },
]

/** glFTPd's flags, as the default rights and the rest of the site take them. */
const FLAGS: Readonly<Record<string, string>> = {
  1: 'siteop',
  2: 'admin of a group',
  3: 'sees no other groups',
  4: 'exempt from limits on logins',
  5: 'colour',
  6: 'deleted',
  7: 'edits users',
  8: 'anonymous',
  A: 'nukes',
  B: 'takes nukes back',
  C: 'takes names out of the duplicates',
  D: 'kicks members',
  E: 'ends single sessions',
  F: 'takes credits',
  G: 'gives credits',
  H: 'sees the records of others',
  I: 'may idle',
  J: "the site's own",
  K: "the site's own",
  L: "the site's own",
  M: "the site's own",
  N: "the site's own",
}

export function creditLines(sections: ResultOf<'credits.show'>['sections']): string[] {
  return table(sections, [
    { title: 'section', of: ({ section }) => section },
    { title: 'credits, MiB', of: (each) => mebibytes(each.balance_bytes) },
    { title: 'ratio', of: ({ ratio }) => (ratio === 0 ? 'leech' : `1:${ratio}`) },
    {
      title: 'a week, MiB',
      of: (each) => (each.allotment_bytes === null ? null : mebibytes(each.allotment_bytes)),
    },
  ]).map((line) => ` ${line}`)
}

type Summary = ResultOf<'account.list'>['items'][number]

/** Those whose name begins so, or of a group: `=group`. */
export async function membersLike({ ask }: SiteCall, which: string): Promise<Summary[]> {
  const isGroup = which.startsWith('=')
  const asked = which === '' ? {} : isGroup ? { group: which.slice(1) } : { search: which }
  const { items, isAll } = await firstOf(MEMBERS_SHOWN, (place) =>
    ask('account.list', { ...asked, ...place }),
  )
  if (isAll) return items
  throw wrong(`those are more than ${MEMBERS_SHOWN}: say how the name begins`)
}
