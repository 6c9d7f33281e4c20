import { formatPath } from '#gateways/site/path.ts'

import { callerOf } from '#gateways/ftp/commands/site/nukes.ts'
import { type SiteCommandTable, wrong } from '#gateways/ftp/commands/site/site-command.ts'

const DEEP = /^-r$/i

export const wipeCommands: SiteCommandTable = {
  WIPE: {
    help: 'removes a file or directory, and leaves credits and statistics as they are',
    usage: ['[-r] <path>', '-r: with the directories in it'],
    words: [1],
    isChange: true,
    async run(call) {
      const { session, words } = call
      const isDeep = DEEP.test(words[0]!) && words.length > 1
      const said = isDeep ? call.rest(1) : call.rest(0)
      // A name with spaces may stand in quotes, or as it is.
      const text = words.length === (isDeep ? 2 : 1) ? words.at(-1)! : said
      if (text === '') throw wrong('a path is missing')
      const path = session.path(text)
      session.caused(await session.site.wipe(callerOf(call), path, isDeep))
      return `${formatPath(path)} successfully wiped.`
    },
  },
}
