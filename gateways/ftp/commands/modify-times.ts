import { formatPath } from '#gateways/site/path.ts'

import type { CommandTable, FtpCommand } from '#gateways/ftp/command.ts'
import { reply } from '#gateways/ftp/replies.ts'

/**
 * draft-somers-ftp-mfxx: the time of a file is that of its upload, which the log keeps. Clients
 * are told so in the words of the draft, and FEAT does not offer these.
 */
export const modifyTimeCommands: CommandTable = {
  MFMT: setting('MFMT <YYYYMMDDHHMMSS> <path>', /^\d{14}(?:\.\d+)? +(.+)$/),
  MFCT: setting('MFCT <YYYYMMDDHHMMSS> <path>', /^\d{14}(?:\.\d+)? +(.+)$/),
  MFF: setting('MFF <fact>=<value>; <path>', /^(?:[^\s=;]+=[^;]*;)+ +(.+)$/),
}

function setting(help: string, form: RegExp): FtpCommand {
  return {
    needsLogin: true,
    minParams: 1,
    help: `${help}: refused, times are those of the upload`,
    async run(session, argument) {
      const path = form.exec(argument.trimStart())?.[1]
      if (path === undefined) return reply(501, `It is ${help}.`)
      const at = session.path(path)
      await session.site.stat(session.caller(), at)
      return reply(550, `${formatPath(at)}: the time is that of the upload.`)
    },
  }
}
