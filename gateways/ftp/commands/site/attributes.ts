import { formatPath } from '#gateways/site/path.ts'

import { modeIn } from '#gateways/ftp/commands/modify-times.ts'
import { type SiteCommandTable, wrong } from '#gateways/ftp/commands/site/site-command.ts'
import { timeIn } from '#gateways/ftp/listings/machine-times.ts'

/** Access, modification, change: of the three the site keeps the second. */
const THREE_TIMES = /^(.+?)\s+\d{12,14}\s+(\d{12,14})\s+\d{12,14}\s+UTC$/i
const ONE_TIME = /^(\d{12,14})\s+(.+)$/
const MODE = /^(\d+)\s+(.+)$/

export const attributeCommands: SiteCommandTable = {
  UTIME: {
    help: 'sets the time of a file',
    usage: [
      '<YYYYMMDDhhmm[ss]> <path>',
      '<path> <access time> <modification time> <change time> UTC',
    ],
    words: [2],
    isChange: true,
    async run({ session, member, rest }) {
      const said = rest(0)
      const [, longPath, longTime] = THREE_TIMES.exec(said) ?? []
      const [, shortTime, shortPath] = ONE_TIME.exec(said) ?? []
      const at = timeIn(longTime ?? shortTime ?? '')
      const text = longPath ?? shortPath
      if (at === undefined || text === undefined) throw wrong('a time is as 20261121103000, in UTC')
      const path = session.path(unquoted(text))
      session.caused(await session.site.setTime({ ...session.caller(), member }, path, at))
      return `The time of ${formatPath(path)} is set.`
    },
  },
  CHMOD: {
    help: 'sets the permission bits that listings show; what members may do is said by the rights',
    usage: ['<mode> <path>: three octal digits as 644'],
    words: [2],
    isChange: true,
    async run({ session, member, rest }) {
      const [, digits = '', text = ''] = MODE.exec(rest(0)) ?? []
      const mode = modeIn(digits)
      if (mode === undefined) throw wrong('a mode is three octal digits, as 644')
      const path = session.path(unquoted(text))
      session.caused(await session.site.setMode({ ...session.caller(), member }, path, mode))
      return `The mode of ${formatPath(path)} is ${digits}.`
    },
  },
}

/** A path in quotes, which words of SITE commands may stand in. */
export function unquoted(text: string): string {
  return /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text
}
