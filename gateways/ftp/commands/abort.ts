import type { CommandTable } from '#gateways/ftp/command.ts'
import { reply } from '#gateways/ftp/replies.ts'

/** RFC 959 section 4.1.3: 426 for the transfer, then 226; 226 alone when none is under way. */
export const abortCommands: CommandTable = {
  ABOR: {
    needsLogin: true,
    minParams: 0,
    duringTransfer: 'runs',
    help: 'ABOR',
    async run(session) {
      await session.transfer?.abort('Aborted by the client.')
      session.data.drop()
      return reply(226, 'Nothing is under way.')
    },
  },
}
