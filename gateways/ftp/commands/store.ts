import { RACE_REFUSALS } from '#actors/race/race.commands.ts'
import { Refusal } from '#events/refusal.ts'
import { DiskTrouble } from '#events/site-files.ts'
import { formatPath } from '#gateways/site/path.ts'
import { NotPlaced } from '#gateways/site/place.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import type { UploadStart } from '#gateways/site/transfers.ts'
import type { Upload } from '#gateways/site/upload.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { dupeLines } from '#gateways/ftp/dupes.ts'
import { opening, type Reply, reply } from '#gateways/ftp/replies.ts'
import { receive } from '#gateways/ftp/transfer.ts'

/** RFC 959 section 4.1.3; REST before STOR as in RFC 3659 section 5. */
export const storeCommands: CommandTable = {
  STOR: {
    needsLogin: true,
    minParams: 1,
    help: 'STOR <path>',
    run(session, argument) {
      const offsetBytes = session.state.restartAt
      session.state.restartAt = 0
      return store(session, argument, { offsetBytes })
    },
  },
  APPE: {
    needsLogin: true,
    minParams: 1,
    help: 'APPE <path>: goes on with an upload that broke off',
    run(session, argument) {
      session.state.restartAt = 0
      return store(session, argument, 'append')
    },
  },
}

async function store(
  session: CommandSession,
  argument: string,
  start: UploadStart,
): Promise<Reply> {
  if (!session.data.isPrepared) return reply(425, 'Use PASV, EPSV, PORT or EPRT first.')
  const path = session.path(argument)
  let upload: Upload
  try {
    upload = await session.site.beginUpload(session.caller(), path, start)
  } catch (cause) {
    const { xdupe = 0 } = session.state
    if (xdupe === 0 || !isDupe(cause)) throw cause
    const names = await session.site.filesBeside(session.caller(), path)
    return reply(553, ...dupeLines(xdupe, names), cause.message)
  }
  session.caused(upload.begun)
  return opening(`Send ${formatPath(path)}.`, {
    direction: 'upload',
    name: formatPath(path),
    pace: upload.pace,
    async run(data, progress) {
      try {
        await receive(data, upload, progress)
        const { receipt, sizeBytes, crc32 } = await upload.finish()
        session.caused(receipt)
        return reply(226, `${sizeBytes} bytes, CRC32 ${crc32}.`)
      } catch (cause) {
        if (cause instanceof NotPlaced) return notPlaced(session, cause)
        await giveUp(session, upload, cause)
        throw cause
      }
    },
    async cancel(reason) {
      session.caused(await upload.abort(reason))
    },
  })
}

function isDupe(cause: unknown): cause is Refusal {
  return cause instanceof Refusal && cause.code === RACE_REFUSALS.fileExists
}

/** The file counts: its bytes stay where they are until the disk lets them into their place. */
function notPlaced(session: CommandSession, cause: NotPlaced): Reply {
  session.report(cause)
  return reply(451, 'The file is accepted, but the disk does not let it into its place yet.')
}

/** Refusals after which the bytes are of no use; after others the fact may yet be recorded. */
const FINAL: ReadonlySet<string> = new Set([
  SITE_REFUSALS.fileRejected,
  SITE_REFUSALS.sfvTooLong,
  RACE_REFUSALS.noSuchUpload,
  RACE_REFUSALS.noSuchRace,
])

/** What is here can be resumed, unless the disk or the race did not want it. */
async function giveUp(session: CommandSession, upload: Upload, cause: unknown): Promise<void> {
  const isFinal = cause instanceof Refusal && FINAL.has(cause.code)
  const isUseless = cause instanceof DiskTrouble || isFinal
  const reason = cause instanceof Error ? cause.message : 'failed'
  try {
    session.caused(await (isUseless ? upload.discard(reason) : upload.abort(reason)))
  } catch (second) {
    // The first failure is what the client is told. Start-up settles what is left.
    session.report(second)
  }
}
