import { formatPath } from '#gateways/site/path.ts'

import { quotePath } from '#gateways/ftp/codec.ts'
import type { CommandSession, CommandTable, FtpCommand } from '#gateways/ftp/command.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'
import { findDirectory } from '#gateways/ftp/shortcuts.ts'

const PWD: FtpCommand = {
  needsLogin: true,
  minParams: 0,
  help: 'PWD',
  run: ({ state }) => reply(257, `${quotePath(formatPath(state.directory))} is where you are.`),
}
const CWD: FtpCommand = { needsLogin: true, minParams: 1, help: 'CWD <path>', run: enter }
const CDUP: FtpCommand = {
  needsLogin: true,
  minParams: 0,
  help: 'CDUP',
  run: (session) => enter(session, '..'),
}
const MKD: FtpCommand = {
  needsLogin: true,
  minParams: 1,
  help: 'MKD <path>',
  async run(session, argument) {
    const path = session.path(argument)
    session.caused(await session.site.makeDirectory(session.caller(), path))
    return reply(257, `${quotePath(formatPath(path))} created.`)
  },
}
const RMD: FtpCommand = {
  needsLogin: true,
  minParams: 1,
  help: 'RMD <path>',
  async run(session, argument) {
    const path = session.path(argument)
    session.caused(await session.site.removeDirectory(session.caller(), path))
    return reply(250, `${formatPath(path)} removed.`)
  },
}

/** RFC 959 sections 4.1.1 and 4.1.3; the names with X are those of RFC 775. */
export const directoryCommands: CommandTable = {
  PWD,
  CWD,
  CDUP,
  MKD,
  RMD,
  XPWD: PWD,
  XCWD: CWD,
  XCUP: CDUP,
  XMKD: MKD,
  XRMD: RMD,
}

async function enter(session: CommandSession, argument: string): Promise<Reply> {
  const path = await findDirectory(session, argument)
  session.state.directory = path
  const greeting = await session.site.welcome(session.caller(), path)
  return reply(250, ...greeting, `You are in ${formatPath(path)}.`)
}
