import { accountCommands } from '#gateways/ftp/commands/site/accounts.ts'
import { accountViewCommands } from '#gateways/ftp/commands/site/account-views.ts'
import { asOfCommands } from '#gateways/ftp/commands/site/as-of.ts'
import { attributeCommands } from '#gateways/ftp/commands/site/attributes.ts'
import { changeCommands } from '#gateways/ftp/commands/site/change.ts'
import { creditCommands } from '#gateways/ftp/commands/site/credits.ts'
import {
  type Customs,
  customEntries,
  customSiteCommand,
} from '#gateways/ftp/commands/site/custom-commands.ts'
import { dupeCommands } from '#gateways/ftp/commands/site/dupes.ts'
import { groupCommands } from '#gateways/ftp/commands/site/groups.ts'
import { groupViewCommands } from '#gateways/ftp/commands/site/group-views.ts'
import { logCommands } from '#gateways/ftp/commands/site/logs.ts'
import { messageCommands } from '#gateways/ftp/commands/site/messages.ts'
import { nukeCommands } from '#gateways/ftp/commands/site/nukes.ts'
import { oneLinerCommands } from '#gateways/ftp/commands/site/one-liners.ts'
import { publicationCommands } from '#gateways/ftp/commands/site/publications.ts'
import { rankingCommands } from '#gateways/ftp/commands/site/rankings.ts'
import { rescanCommands } from '#gateways/ftp/commands/site/rescan.ts'
import { searchCommands } from '#gateways/ftp/commands/site/search.ts'
import { sectionCommands } from '#gateways/ftp/commands/site/sections.ts'
import { requestCommands } from '#gateways/ftp/commands/site/requests.ts'
import { sessionExtraCommands } from '#gateways/ftp/commands/site/session-extras.ts'
import { sessionCommands } from '#gateways/ftp/commands/site/session-commands.ts'
import {
  type SiteCommand,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { totalsCommands } from '#gateways/ftp/commands/site/totals.ts'
import { whoCommands } from '#gateways/ftp/commands/site/who.ts'
import { whyCommands } from '#gateways/ftp/commands/site/why.ts'
import { wipeCommands } from '#gateways/ftp/commands/site/wipe.ts'
import { reply } from '#gateways/ftp/replies.ts'

const USAGE_CHARACTERS = 160

const HELP: SiteCommand = {
  help: 'lists the SITE commands, or explains one',
  usage: ['[<command>]'],
  words: [0, 1],
  isOfSession: true,
  async run(call) {
    const [said] = call.words
    const { hooks } = call.session.site
    if (said === undefined) {
      const own = Object.entries(siteCommands).filter(([name]) => isInForce(hooks, name))
      const all = [...own, ...(await customEntries(call))]
      const width = Math.max(...all.map(([name]) => name.length))
      const rows = all
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, { help }]) => ` ${name.padEnd(width)}  ${help}`)
      return reply(214, 'Commands of the site:', ...rows, 'A word with spaces stands in "quotes".')
    }
    const found = commandNamed(hooks, said)
    if (!found) throw wrong('there is no such SITE command')
    const { name, command } = found
    const ways = command.usage.map((way) => ` SITE ${name} ${way}`.trimEnd())
    return reply(214, `${name} ${command.help}:`, ...ways, 'End.')
  },
}

/** The site's own commands, named as in glFTPd. */
export const siteCommands: SiteCommandTable = allExplained({
  HELP,
  ...accountCommands,
  ...accountViewCommands,
  ...attributeCommands,
  ...asOfCommands,
  ...changeCommands,
  ...groupCommands,
  ...groupViewCommands,
  ...creditCommands,
  ...sectionCommands,
  ...searchCommands,
  ...dupeCommands,
  ...whoCommands,
  ...sessionCommands,
  ...sessionExtraCommands,
  ...messageCommands,
  ...oneLinerCommands,
  ...totalsCommands,
  ...rankingCommands,
  ...rescanCommands,
  ...whyCommands,
  ...logCommands,
  ...nukeCommands,
  ...wipeCommands,
  ...publicationCommands,
  ...requestCommands,
})

/** In upper or lower case. */
export function siteCommand(said: string) {
  const name = said.toUpperCase()
  const command = Object.hasOwn(siteCommands, name) ? siteCommands[name] : undefined
  return command && { name, command }
}

/** What a name stands for: the site's own command, unless the operator has put another there. */
export function commandNamed(hooks: Customs, said: string) {
  const own = isInForce(hooks, said.toUpperCase()) ? siteCommand(said) : undefined
  return own ?? customSiteCommand(hooks, said, siteCommand)
}

function isInForce(hooks: Customs, name: string): boolean {
  return isFixed(name) || hooks.customCommand(name) === undefined
}

/** Whether nothing else can be called like that. */
export function isFixed(name: string): boolean {
  return siteCommand(name) !== undefined && siteCommand(name)?.command.isReplaceable !== true
}

/** The server does not start with a command that nobody could learn of. */
export function allExplained(table: SiteCommandTable): SiteCommandTable {
  for (const [name, { help, usage }] of Object.entries(table)) {
    const isNamed = /^[A-Z]{2,16}$/.test(name)
    const isExplained = help.trim() !== '' && !help.includes('\n') && !help.endsWith('.')
    const isShort = usage.every((way) => way.length <= USAGE_CHARACTERS)
    if (!isNamed || !isExplained || !isShort) throw new TypeError(`SITE ${name} needs help text`)
  }
  return table
}
