import type { ConnectionCommand } from '#actors/connection/connection.commands.ts'
import { formatPath } from '#gateways/site/path.ts'
import type { Download } from '#gateways/site/transfers.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { opening, reply } from '#gateways/ftp/replies.ts'
import { send } from '#gateways/ftp/transfer.ts'

/** RFC 959 section 4.1.3; REST before RETR as in RFC 3659 section 5. */
export const retrieveCommands: CommandTable = {
  RETR: {
    needsLogin: true,
    minParams: 1,
    help: 'RETR <path>',
    async run(session, argument) {
      const offsetBytes = session.state.restartAt
      session.state.restartAt = 0
      if (!session.data.isPrepared) return reply(425, 'Use PASV, EPSV, PORT or EPRT first.')
      const path = session.path(argument)
      const download = await session.site.openDownload(session.caller(), path)
      const { sizeBytes } = download.content
      if (offsetBytes > sizeBytes) {
        await download.content.close()
        return reply(554, `The file has ${sizeBytes} bytes.`)
      }
      return opening(`Here comes ${formatPath(path)} (${sizeBytes - offsetBytes} bytes).`, {
        direction: 'download',
        name: formatPath(path),
        async run(data, progress) {
          const startedAt = session.now()
          let sentBytes = 0
          const counted = {
            ...progress,
            get abortedBecause() {
              return progress.abortedBecause
            },
            moved(bytes: number) {
              sentBytes += bytes
              progress.moved(bytes)
            },
          }
          let isWhole = false
          try {
            await send(data, download.content, offsetBytes, counted)
            isWhole = true
          } finally {
            await download.content.close()
            await record(session, download, sentBytes, session.now() - startedAt, isWhole)
          }
          return reply(226, `${sentBytes} bytes sent.`)
        },
        cancel: () => download.content.close(),
      })
    },
  },
}

async function record(
  session: CommandSession,
  { race, file }: Download,
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
  }
  const { connection, host } = session
  session.caused(await host.send(connection.ref, command, connection.context()))
}
