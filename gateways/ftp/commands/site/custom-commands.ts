import type { CustomCommand, Hooks } from '#events/hooks.ts'
import { CUSTOM } from '#actors/policy/actions.ts'

import type { SiteCall, SiteCommand } from '#gateways/ftp/commands/site/site-command.ts'
import { reply } from '#gateways/ftp/replies.ts'

export type Customs = Pick<Hooks, 'customCommands' | 'customCommand'>

/** Finds one of the site's own commands. */
type FindCommand = (
  name: string,
) => { readonly name: string; readonly command: SiteCommand } | undefined

/**
 * A SITE command of the operator's own, in upper or lower case: `site_cmd` of glFTPd. Each needs
 * the right `custom-<name>`, which nobody has until a line of the rights grants it; what it
 * stands for asks its own rights besides.
 */
export function customSiteCommand(customs: Customs, said: string, find: FindCommand) {
  const custom = customs.customCommand(said.toUpperCase())
  if (!custom) return undefined
  const command = custom.kind === 'IS' ? alias(custom, find) : program(custom)
  return command && { name: custom.name, command, prefix: prefixOf(custom) }
}

/** Those that the member may use, for the list of all. */
export async function customEntries({ session, may }: SiteCall) {
  const customs = session.site.hooks.customCommands()
  const allowed = await Promise.all(customs.map((custom) => may({ action: rightOf(custom) })))
  return customs
    .filter((_, index) => allowed[index])
    .map(({ name, help }): [string, { readonly help: string }] => [name, { help }])
}

const rightOf = ({ name }: CustomCommand) => `${CUSTOM}${name.toLowerCase()}` as const

function program(custom: CustomCommand): SiteCommand {
  return {
    help: custom.help,
    usage: [custom.usage],
    // What a program does is not known: it is taken for a change.
    isChange: custom.kind === 'EXEC',
    isOfSession: true,
    async run({ session, words, assertMay }) {
      await assertMay(rightOf(custom))
      const { hooks } = session.site
      const given = custom.kind === 'TEXT' ? [] : words
      const { isGood, lines } = await hooks.runCustom(
        session.caller(),
        custom.name,
        given,
        session.state.directory,
      )
      if (isGood) return reply(200, ...lines, `${custom.name} is done.`)
      return reply(550, ...lines, `${custom.name} has failed.`)
    },
  }
}

/** `SITE RELEASES` for `SITE NEW 20`: the words of the client come after those that it stands for. */
function alias(custom: CustomCommand, find: FindCommand): SiteCommand | undefined {
  const found = find(custom.target.split(' ')[0] ?? '')
  if (!found) return undefined
  const { command } = found
  return {
    ...command,
    help: custom.help,
    usage: [custom.usage],
    async run(call: SiteCall) {
      await call.assertMay(rightOf(custom))
      return await command.run(call)
    },
  }
}

/** Words that come before those of the client. */
function prefixOf({ kind, target }: CustomCommand): string {
  return kind === 'IS' ? target.split(' ').slice(1).join(' ') : ''
}
