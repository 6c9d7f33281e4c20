import type { SiteEntry } from '#gateways/site/listing.ts'
import { formatPath } from '#gateways/site/path.ts'

import type { CommandSession, CommandTable, FtpCommand } from '#gateways/ftp/command.ts'
import { formatMachineRow, formatRow } from '#gateways/ftp/listing-rows.ts'
import { opening, type Reply, reply } from '#gateways/ftp/replies.ts'
import { sendBytes } from '#gateways/ftp/transfer.ts'

/** RFC 959 section 4.1.3 and RFC 3659 section 7. */
export const listingCommands: CommandTable = {
  LIST: listing('LIST [-la] [<path>]', (session, argument) =>
    rowsOf(session, withoutOptions(argument)),
  ),
  NLST: listing('NLST [<path>]', async (session, argument) =>
    (await entriesOf(session, withoutOptions(argument))).map((entry) => entry.name),
  ),
  MLSD: listing('MLSD [<path>]', async (session, argument) => {
    const { machineFacts } = session.state
    const path = session.path(argument)
    const { entries } = await session.site.list(session.caller(), path, session.state.position)
    return entries.map((entry) => formatMachineRow(entry, machineFacts))
  }),
  MLST: {
    needsLogin: true,
    minParams: 0,
    help: 'MLST [<path>]',
    async run(session, argument) {
      const path = session.path(argument)
      const entry = await session.site.stat(session.caller(), path)
      const row = formatMachineRow(entry, session.state.machineFacts, formatPath(path))
      return reply(250, 'Here it is:', ` ${row}`, 'End')
    },
  },
  STAT: {
    needsLogin: true,
    minParams: 0,
    duringTransfer: 'runs',
    help: 'STAT [-la] [<path>]',
    async run(session, argument) {
      if (session.transfer) return progressReply(session.transfer)
      if (argument.trim() === '') return statusReply(session)
      const path = withoutOptions(argument)
      const { kind } = await session.site.stat(session.caller(), session.path(path))
      const rows = await rowsOf(session, path)
      // RFC 959 section 4.2.2: 212 is the status of a directory, 213 that of a file.
      return reply(
        kind === 'directory' ? 212 : 213,
        `Status of ${path === '' ? '.' : path}:`,
        ...rows,
        'End of status.',
      )
    },
  },
}

/** What both LIST and STAT show: a directory's entries, or the one file. */
async function rowsOf(session: CommandSession, argument: string): Promise<string[]> {
  const now = session.now()
  return (await entriesOf(session, argument)).map((entry) => formatRow(entry, now))
}

async function entriesOf(session: CommandSession, argument: string): Promise<readonly SiteEntry[]> {
  const path = session.path(argument)
  const entry = await session.site.stat(session.caller(), path)
  if (entry.kind !== 'directory') return [entry]
  return (await session.site.list(session.caller(), path, session.state.position)).entries
}

/** Clients send the options of `ls`: nothing that they ask for is left out anyway. */
function withoutOptions(argument: string): string {
  return argument.trimStart().replace(/^(-[A-Za-z1]+(\s+|$))+/, '')
}

function listing(
  help: string,
  rows: (session: CommandSession, argument: string) => Promise<readonly string[]>,
): FtpCommand {
  return {
    needsLogin: true,
    minParams: 0,
    help,
    async run(session, argument) {
      const lines = await rows(session, argument)
      const bytes = Buffer.from(lines.map((line) => `${line}\r\n`).join(''))
      return opening('Here comes the listing.', {
        direction: 'listing',
        name: argument,
        async run(data, progress) {
          await sendBytes(data, bytes, progress)
          return reply(226, `${lines.length} entries.`)
        },
        cancel: async () => {},
      })
    },
  }
}

function progressReply({ plan, movedBytes, isConnected }: NonNullable<CommandSession['transfer']>) {
  const state = isConnected ? `${movedBytes} bytes so far` : 'waiting for the data connection'
  return reply(213, `${plan.direction} ${plan.name}: ${state}.`)
}

function statusReply({ connection, state, isSecured, remoteAddress }: CommandSession): Reply {
  return reply(
    211,
    'veza FTP server status:',
    ` Connected from ${remoteAddress}${isSecured ? ' over TLS' : ''}`,
    ` Logged in as ${connection.member?.name ?? 'nobody'}`,
    ` Type ${state.type}, data connections ${state.isDataProtected ? 'protected' : 'in clear'}`,
    ` In ${formatPath(state.directory)}`,
    'End of status.',
  )
}
