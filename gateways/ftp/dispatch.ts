import { DiskTrouble } from '#events/site-files.ts'

import type { FtpLine } from '#gateways/ftp/codec.ts'
import type { CommandSession, FtpCommand } from '#gateways/ftp/command.ts'
import { withCommandHooks } from '#gateways/ftp/command-hooks.ts'
import { commands } from '#gateways/ftp/commands.ts'
import { type Reply, reply, replyToFailure } from '#gateways/ftp/replies.ts'
import { fxpOf, movesFiles, refusedInClear } from '#gateways/ftp/transfers/transfer-rules.ts'

/** The command that a line names, if it names one. */
export function commandOf(line: FtpLine): FtpCommand | undefined {
  if (line.kind !== 'command') return undefined
  return Object.hasOwn(commands, line.verb) ? commands[line.verb] : undefined
}

/** Answers a line: every check that commands share is here. */
export async function dispatch(session: CommandSession, line: FtpLine): Promise<Reply> {
  if (line.kind === 'too-long') return reply(500, 'That line is too long.')
  if (line.kind === 'garbage') return reply(500, 'That is not UTF-8.')
  const command = commandOf(line)
  if (!command) return reply(500, 'No such command.')
  if (command.needsLogin && !session.connection.member) return reply(530, 'Log in first.')
  if (command.minParams > 0 && line.argument.trim() === '') {
    return reply(501, `Something is missing: ${command.help}`)
  }
  // RFC 959 section 4.1.3: RNFR must be followed at once by RNTO.
  if (line.verb !== 'RNTO') session.state.renameFrom = undefined
  if (!RESTART_STAYS.has(line.verb)) session.state.restartAt = 0
  if (!RANGE_STAYS.has(line.verb)) session.state.range = undefined
  if (session.state.range && TRANSFERS_OF_WHOLE_FILES.has(line.verb)) {
    session.state.range = undefined
    return reply(504, 'RANG is for RETR and HASH: uploads begin by REST.')
  }
  const answered = async (run: () => Reply | Promise<Reply>): Promise<Reply> => {
    try {
      return await run()
    } catch (cause) {
      return failure(session, cause)
    }
  }
  const run = () =>
    answered(async () => {
      const refusal = await refusedInClear(session, line)
      if (refusal) return refusal
      if (movesFiles(line.verb)) session.state.fxp = await fxpOf(session)
      return await command.run(session, line.argument)
    })
  return await answered(() => withCommandHooks(session, line, run))
}

/**
 * RFC 959 section 4.1.3: REST is followed at once by the transfer that it is for. What only
 * says how the bytes move may stand between: many clients say PASV after it.
 */
const RESTART_STAYS: ReadonlySet<string> = new Set(
  'REST RETR STOR APPE PASV CPSV EPSV PORT EPRT PRET TYPE MODE STRU PROT PBSZ SSCN'.split(' '),
)

/** draft-bryan-ftp-range: the same, and a checksum may be what it is for. */
const RANGE_STAYS = new Set([...RESTART_STAYS, 'RANG', 'HASH', 'OPTS', 'SIZE'])
const TRANSFERS_OF_WHOLE_FILES = new Set('STOR APPE STOU'.split(' '))

/** What the client is told of a failure; what nobody foresaw is reported, not told. */
export function failure(session: CommandSession, cause: unknown): Reply {
  if (cause instanceof DiskTrouble) session.reportDisk(cause)
  const known = replyToFailure(cause)
  if (known) return known
  session.report(cause)
  return reply(451, 'Something went wrong here.')
}
