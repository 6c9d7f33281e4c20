import { accountId } from '#actors/account/account.commands.ts'
import { DEFAULT_SECTION } from '#actors/ledger/ledger.commands.ts'
import { ROOT } from '#gateways/site/path.ts'

import type { CommandSession } from '#gateways/ftp/command.ts'
import { amountOf } from '#gateways/ftp/commands/site/change-fields.ts'
import { mebibytes } from '#gateways/ftp/commands/site/lines.ts'
import {
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'

const USAGE = '<user> <KiB, or with K, M, G, T> [<section>] [<note>]'

/** Credits change hands. */
export const creditCommands: SiteCommandTable = {
  GIVE: {
    help: "gives a member credits: out of nothing by the right to, else of one's own",
    usage: [USAGE],
    words: [2],
    isChange: true,
    async run(call) {
      const { ask, member, may } = call
      const { account, ...sum } = await sumOf(call)
      if (await may({ action: 'give' })) {
        const { section, balance_bytes } = await ask('credits.give', { account, ...sum })
        return `${account} has ${mebibytes(balance_bytes)} MiB in ${section} now.`
      }
      if (accountId(account) === member.id) throw wrong('nobody gives to themselves')
      const own = { account: member.id, to: account, ...sum }
      const { section, balance_bytes } = await ask('credits.gift', own)
      return `Given of your own: you have ${mebibytes(balance_bytes)} MiB in ${section} now.`
    },
  },
  TAKE: {
    help: 'takes credits from a member, who may be left in debt',
    usage: [USAGE],
    words: [2],
    isChange: true,
    async run(call) {
      const { account, ...sum } = await sumOf(call)
      const { section, balance_bytes } = await call.ask('credits.take', { account, ...sum })
      return `${account} has ${mebibytes(balance_bytes)} MiB in ${section} now.`
    },
  },
}

/** A third word is a section when it is one that the member sees; else the note begins with it. */
async function sumOf({ session, words, rest }: SiteCall) {
  const [account = '', amount = '', third = ''] = words
  const bytes = amountOf(amount)
  if (bytes === 0) throw wrong('nothing is not an amount')
  const isSection = third === DEFAULT_SECTION || (await isSeen(session, third))
  const note = rest(isSection ? 3 : 2)
  return { account, bytes, ...(isSection && { section: third }), ...(note !== '' && { note }) }
}

async function isSeen(session: CommandSession, section: string): Promise<boolean> {
  const { policy } = session.administration
  const view = await policy.viewOf(session.caller().member)
  if (section === '' || !view.ask({ action: 'list', path: '/' }).isAllowed) return false
  const { entries } = await session.site.list(session.caller(), ROOT, session.state.position)
  return entries.some(({ name }) => name === section)
}
