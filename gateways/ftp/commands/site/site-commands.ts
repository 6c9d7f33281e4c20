import { accountCommands } from '#gateways/ftp/commands/site/accounts.ts'
import { accountViewCommands } from '#gateways/ftp/commands/site/account-views.ts'
import { changeCommands } from '#gateways/ftp/commands/site/change.ts'
import { creditCommands } from '#gateways/ftp/commands/site/credits.ts'
import { groupCommands } from '#gateways/ftp/commands/site/groups.ts'
import { groupViewCommands } from '#gateways/ftp/commands/site/group-views.ts'
import { logCommands } from '#gateways/ftp/commands/site/logs.ts'
import { rankingCommands } from '#gateways/ftp/commands/site/rankings.ts'
import { sessionCommands } from '#gateways/ftp/commands/site/session-commands.ts'
import {
  type SiteCommand,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { totalsCommands } from '#gateways/ftp/commands/site/totals.ts'
import { whoCommands } from '#gateways/ftp/commands/site/who.ts'
import { whyCommands } from '#gateways/ftp/commands/site/why.ts'
import { reply } from '#gateways/ftp/replies.ts'

const USAGE_CHARACTERS = 160

const HELP: SiteCommand = {
  help: 'lists the SITE commands, or explains one',
  usage: ['[<command>]'],
  words: [0, 1],
  isOfSession: true,
  run({ words: [said] }) {
    if (said === undefined) {
      const width = Math.max(...Object.keys(siteCommands).map((name) => name.length))
      const rows = Object.entries(siteCommands)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, { help }]) => ` ${name.padEnd(width)}  ${help}`)
      return reply(214, 'Commands of the site:', ...rows, 'A word with spaces stands in "quotes".')
    }
    const found = siteCommand(said)
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
  ...changeCommands,
  ...groupCommands,
  ...groupViewCommands,
  ...creditCommands,
  ...whoCommands,
  ...sessionCommands,
  ...totalsCommands,
  ...rankingCommands,
  ...whyCommands,
  ...logCommands,
})

/** In upper or lower case. */
export function siteCommand(said: string) {
  const name = said.toUpperCase()
  const command = Object.hasOwn(siteCommands, name) ? siteCommands[name] : undefined
  return command && { name, command }
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
