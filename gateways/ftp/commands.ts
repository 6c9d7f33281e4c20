import type { CommandTable } from '#gateways/ftp/command.ts'
import { abortCommands } from '#gateways/ftp/commands/abort.ts'
import { checksumCommands } from '#gateways/ftp/commands/checksums.ts'
import { dataConnectionCommands } from '#gateways/ftp/commands/data-connection.ts'
import { directoryCommands } from '#gateways/ftp/commands/directories.ts'
import { fileCommands } from '#gateways/ftp/commands/files.ts'
import { greetingCommands } from '#gateways/ftp/commands/greeting.ts'
import { listingCommands } from '#gateways/ftp/commands/listings.ts'
import { loginCommands } from '#gateways/ftp/commands/login.ts'
import { modifyTimeCommands } from '#gateways/ftp/commands/modify-times.ts'
import { parameterCommands } from '#gateways/ftp/commands/parameters.ts'
import { preparationCommands } from '#gateways/ftp/commands/preparation.ts'
import { rangeCommands } from '#gateways/ftp/commands/ranges.ts'
import { retrieveCommands } from '#gateways/ftp/commands/retrieve.ts'
import { securityCommands } from '#gateways/ftp/commands/security.ts'
import { siteCommandTable } from '#gateways/ftp/commands/site.ts'
import { storeCommands } from '#gateways/ftp/commands/store.ts'
import { storeUniqueCommands } from '#gateways/ftp/commands/store-unique.ts'
import { unsupportedCommands } from '#gateways/ftp/commands/unsupported.ts'
import { reply } from '#gateways/ftp/replies.ts'

const helpCommand: CommandTable = {
  HELP: {
    needsLogin: false,
    minParams: 0,
    help: 'HELP [<verb>]',
    run(_session, argument) {
      const verb = argument.trim().toUpperCase()
      if (verb !== '') {
        const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined
        return command ? reply(214, command.help) : reply(501, 'No such command.')
      }
      const verbs = Object.keys(commands).toSorted()
      const rows: string[] = []
      for (let at = 0; at < verbs.length; at += 8) {
        rows.push(` ${verbs.slice(at, at + 8).join(' ')}`)
      }
      return reply(214, 'Commands:', ...rows, 'End')
    },
  },
}

/** Every verb that a standard knows, each with what it does here. */
export const commands: CommandTable = {
  ...unsupportedCommands,
  ...greetingCommands,
  ...loginCommands,
  ...securityCommands,
  ...parameterCommands,
  ...preparationCommands,
  ...dataConnectionCommands,
  ...directoryCommands,
  ...fileCommands,
  ...modifyTimeCommands,
  ...rangeCommands,
  ...checksumCommands,
  ...listingCommands,
  ...storeCommands,
  ...storeUniqueCommands,
  ...retrieveCommands,
  ...abortCommands,
  ...siteCommandTable,
  ...helpCommand,
}
