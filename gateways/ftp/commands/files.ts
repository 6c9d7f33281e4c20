import { formatPath } from '#gateways/site/path.ts'

import type { CommandTable } from '#gateways/ftp/command.ts'
import { reply } from '#gateways/ftp/replies.ts'

/** RFC 959 section 4.1.3 and RFC 3659 (SIZE, REST). */
export const fileCommands: CommandTable = {
  DELE: {
    needsLogin: true,
    minParams: 1,
    help: 'DELE <path>',
    async run(session, argument) {
      const path = session.path(argument)
      session.caused(await session.site.deleteFile(session.caller(), path))
      return reply(250, `${formatPath(path)} deleted.`)
    },
  },
  RNFR: {
    needsLogin: true,
    minParams: 1,
    help: 'RNFR <path>',
    async run(session, argument) {
      const path = session.path(argument)
      const rights = ['list', 'rename', 'renameown'] as const
      const entry = await session.site.stat(session.caller(), path, rights)
      if (entry.isStatus) return reply(550, `${entry.name} is a status entry.`)
      session.state.renameFrom = path
      return reply(350, 'And to what? (RNTO)')
    },
  },
  RNTO: {
    needsLogin: true,
    minParams: 1,
    help: 'RNTO <path>',
    async run(session, argument) {
      const from = session.state.renameFrom
      if (!from) return reply(503, 'Say RNFR first.')
      session.state.renameFrom = undefined
      const to = session.path(argument)
      session.caused(await session.site.rename(session.caller(), from, to))
      return reply(250, `It is ${formatPath(to)} now.`)
    },
  },
  SIZE: {
    needsLogin: true,
    minParams: 1,
    help: 'SIZE <path>',
    async run(session, argument) {
      // RFC 3659 section 4: the size as it would be sent, which for text nobody computes.
      if (session.state.type === 'A') return reply(550, 'SIZE needs TYPE I.')
      const path = session.path(argument)
      const partial = await session.site.partialBytes(session.caller(), path)
      if (partial !== undefined) return reply(213, String(partial))
      const entry = await session.site.stat(session.caller(), path)
      // What is made up when it is fetched has a size; markers have none.
      if (entry.kind !== 'file' || (entry.isStatus && entry.sizeBytes === 0)) {
        return reply(550, `${formatPath(path)} is no file.`)
      }
      return reply(213, String(entry.sizeBytes))
    },
  },
  REST: {
    needsLogin: true,
    minParams: 1,
    help: 'REST <bytes>',
    run({ state }, argument) {
      if (!/^\d{1,15}$/.test(argument.trim())) return reply(501, 'REST takes a number of bytes.')
      state.restartAt = Number(argument)
      return reply(350, `The next transfer begins at ${state.restartAt}.`)
    },
  },
}
