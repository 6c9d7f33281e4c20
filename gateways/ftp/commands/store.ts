import type { Receipt } from '#actors/kernel/host.ts'
import { RACE_REFUSALS } from '#actors/race/race.commands.ts'
import type { RaceFact } from '#events/race.facts.ts'
import { Refusal } from '#events/refusal.ts'
import { DiskTrouble } from '#events/site-files.ts'
import { formatPath } from '#gateways/site/path.ts'
import { NotPlaced } from '#gateways/site/transfers/place.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'
import type { UploadStart } from '#gateways/site/transfers/transfers.ts'
import type { Upload } from '#gateways/site/transfers/upload.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { bounded } from '#gateways/ftp/commands/site/lines.ts'
import { dupeLines } from '#gateways/ftp/dupes.ts'
import { opening, type Reply, reply } from '#gateways/ftp/replies.ts'
import { receive } from '#gateways/ftp/transfers/transfer.ts'

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
    if (!isDupe(cause)) throw cause
    const { xdupe = 0 } = session.state
    const names = xdupe === 0 ? [] : await session.site.filesBeside(session.caller(), path)
    return reply(553, ...dupeLines(xdupe, names), cause.message)
  }
  session.caused(upload.begun)
  return opening(`Send ${formatPath(path)}.`, {
    direction: 'upload',
    name: formatPath(path),
    pace: upload.pace,
    isPumpable: upload.pumpTo !== undefined,
    async run(data, progress) {
      try {
        await receive(data, upload, progress)
        const { receipt, sizeBytes, crc32, lines } = await upload.finish()
        session.caused(receipt)
        const end = speedTested(receipt) ?? `${sizeBytes} bytes, CRC32 ${crc32}.`
        return reply(226, ...bounded(lines), end)
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

/** In a speedtest section the speed is what the file was sent for. */
function speedTested({ facts }: Receipt): string | undefined {
  const tested = (facts as readonly RaceFact[]).find(({ type }) => type === 'race.speed-tested')
  if (tested?.type !== 'race.speed-tested') return undefined
  const { sizeBytes, durationMs } = tested.data
  const mibPerSecond = sizeBytes / 2 ** 20 / (Math.max(durationMs, 1) / 1_000)
  return `${sizeBytes} bytes at ${mibPerSecond.toFixed(1)} MiB/s; nothing is kept.`
}

const DUPES: ReadonlySet<string> = new Set([RACE_REFUSALS.fileExists, RACE_REFUSALS.fileBusy])

/** Race clients know a dupe by 553 and "uploaded by": of a 450 they come back at once, for ever. */
function isDupe(cause: unknown): cause is Refusal {
  return cause instanceof Refusal && DUPES.has(cause.code)
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
  RACE_REFUSALS.fileExists,
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
