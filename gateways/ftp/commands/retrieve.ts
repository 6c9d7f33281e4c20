import type { ConnectionCommand } from '#actors/connection/connection.commands.ts'
import { formatPath, type SitePath } from '#gateways/site/path.ts'
import type { Download, FilePart } from '#gateways/site/transfers/download.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { opening, type Reply, reply } from '#gateways/ftp/replies.ts'
import { isPumpable } from '#gateways/ftp/transfers/pumped-transfer.ts'
import { send, sendBytes } from '#gateways/ftp/transfers/transfer.ts'

/** RFC 959 section 4.1.3; REST before RETR as in RFC 3659 section 5. */
export const retrieveCommands: CommandTable = {
  RETR: {
    needsLogin: true,
    minParams: 1,
    help: 'RETR <path>',
    async run(session, argument) {
      const part = askedPart(session)
      if (!session.data.isPrepared) return reply(425, 'Use PASV, EPSV, PORT or EPRT first.')
      const path = session.path(argument)
      const made = await session.site.virtualFile(session.caller(), path)
      if (made) return sendMade(path, made, part)
      const download = await session.site.openDownload(session.caller(), path, part)
      const { offsetBytes } = part
      const { endBytes } = download
      return opening(`Here comes ${formatPath(path)} (${endBytes - offsetBytes} bytes).`, {
        direction: 'download',
        name: formatPath(path),
        pace: download.pace,
        isPumpable: isPumpable(download.content, { offsetBytes, endBytes }),
        async run(data, progress) {
          const startedAt = session.now()
          let sentBytes = 0
          const counted = {
            ...progress,
            get abortedBecause() {
              return progress.abortedBecause
            },
            // Else whoever breaks off before the first callback would have had some for nothing.
            handedOver(bytes: number) {
              sentBytes += bytes
            },
          }
          let isWhole = false
          try {
            await send(data, download.content, { offsetBytes, endBytes }, counted)
            isWhole = true
          } finally {
            try {
              session.caused(await download.end(sentBytes))
            } finally {
              await record(session, download, sentBytes, session.now() - startedAt, isWhole)
            }
          }
          return reply(226, `${sentBytes} bytes sent.`)
        },
        async cancel() {
          session.caused(await download.end(0))
        },
      })
    },
  },
}

/** What is made up of what the site knows costs nothing and counts for nothing. */
function sendMade(path: SitePath, content: Buffer, { offsetBytes, endBytes }: FilePart): Reply {
  if (offsetBytes > content.length) return reply(554, `The file has ${content.length} bytes.`)
  const bytes = content.subarray(offsetBytes, endBytes)
  return opening(`Here comes ${formatPath(path)} (${bytes.length} bytes).`, {
    direction: 'download',
    name: formatPath(path),
    async run(data, progress) {
      await sendBytes(data, bytes, progress)
      return reply(226, `${bytes.length} bytes sent.`)
    },
    cancel: async () => {},
  })
}

/** By RANG (draft-bryan-ftp-range), else by REST: each is for one transfer. */
function askedPart({ state }: CommandSession): FilePart {
  const { range, restartAt } = state
  state.range = undefined
  state.restartAt = 0
  return range ? { offsetBytes: range.first, endBytes: range.last + 1 } : { offsetBytes: restartAt }
}

async function record(
  session: CommandSession,
  { race, file, recordId, isOutsideStatistics }: Download,
  sizeBytes: number,
  durationMs: number,
  isWhole: boolean,
): Promise<void> {
  const command: ConnectionCommand = {
    type: 'connection.record-download',
    race,
    file,
    sizeBytes,
    durationMs: Math.max(0, durationMs),
    isWhole,
    isOutsideStatistics,
  }
  const { connection, host } = session
  session.caused(await host.send(connection.ref, command, connection.context(recordId)))
}
