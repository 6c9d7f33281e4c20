import { Refusal } from '#events/refusal.ts'
import { formatPath, type SitePath } from '#gateways/site/path.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { dupeLines } from '#gateways/ftp/dupes.ts'
import { replyToFailure, type Reply, reply } from '#gateways/ftp/replies.ts'

/**
 * PRET, as sites with several machines have it: the client says which transfer the next PASV is
 * for. Here every file is at hand: what it is good for is to hear a refusal before anything else.
 */
export const preparationCommands: CommandTable = {
  PRET: {
    needsLogin: true,
    minParams: 1,
    help: 'PRET <RETR|STOR|APPE|LIST|MLSD|NLST …>: what the next transfer is',
    async run(session, argument) {
      const [verb = '', ...rest] = argument.trim().split(' ')
      const foresee = FORESEEN[verb.toUpperCase()]
      if (!foresee) return reply(504, 'PRET is for transfers and listings.')
      return (await foresee(session, rest.join(' '))) ?? reply(200, 'Go on with PASV.')
    },
  },
}

/** The refusal that is foreseen, if one is. */
type Foresee = (session: CommandSession, argument: string) => Promise<Reply | undefined>

const noneForeseen: Foresee = async () => undefined

const FORESEEN: Readonly<Record<string, Foresee>> = {
  LIST: noneForeseen,
  NLST: noneForeseen,
  MLSD: noneForeseen,
  STOU: noneForeseen,
  RETR: download,
  STOR: upload,
  APPE: upload,
}

async function download(session: CommandSession, argument: string): Promise<Reply | undefined> {
  const path = session.path(argument)
  const entry = await session.site.stat(session.caller(), path, ['download'])
  const isFile = entry.kind === 'file' && !entry.isStatus
  return isFile ? undefined : reply(550, `${formatPath(path)} is no file.`)
}

/** Who may bring the file by one of these may send it in one way or another. */
const TO_BRING = ['upload', 'resume', 'overwrite'] as const

/** What a race client acts on is 553, for dupes and for paths that are closed to it. */
async function upload(session: CommandSession, argument: string): Promise<Reply | undefined> {
  try {
    const path = session.path(argument)
    const entry = await session.site.stat(session.caller(), path, TO_BRING)
    if (entry.isStatus) return undefined
    if (entry.kind !== 'file') return reply(553, `${formatPath(path)} is a directory.`)
    if (!(await isGood(session, path))) return undefined
    const { xdupe = 0 } = session.state
    const names = xdupe === 0 ? [] : await session.site.filesBeside(session.caller(), path)
    const words = `${entry.name}: File exists, uploaded by ${entry.owner}.`
    return reply(553, ...dupeLines(xdupe, names), words)
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    // That it is not there yet is as it should be: then the section's rules are asked.
    const known = isAbsent(cause) ? await foreseen(session, argument) : cause
    const answer = known && replyToFailure(known)
    return answer && { ...answer, code: answer.code === 452 ? 452 : 553 }
  }
}

/** What STOR would say of a file that is not there; where there is no release, it decides. */
async function foreseen(session: CommandSession, argument: string): Promise<Refusal | undefined> {
  try {
    await session.site.foreseeUpload(session.caller(), session.path(argument))
    return undefined
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    return isAbsent(cause) ? undefined : cause
  }
}

const isAbsent = ({ code }: Refusal): boolean => code === SITE_REFUSALS.noSuchPath

/** A bad file may be brought anew: only one that the read model, too, calls good is a dupe. */
async function isGood({ readModels, state }: CommandSession, path: SitePath): Promise<boolean> {
  if (path.kind !== 'inside') return false
  await readModels.reached(state.position, 0)
  const [found] = await readModels.racesByName(path.section, [path.release])
  const race = found && (await readModels.race(found.id))
  const file = race?.files.find((each) => each.file === path.path)
  return file?.state === 'ok' || file?.state === 'unchecked'
}
