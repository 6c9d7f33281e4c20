import { Refusal } from '#events/refusal.ts'
import { SITE_REFUSALS } from '#gateways/site/refusals.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { storeCommands } from '#gateways/ftp/commands/store.ts'

/**
 * RFC 959 section 4.1.3: STOR under a name that nothing has. A name that is given is taken when
 * it is free. RFC 1123 section 4.1.2.9 says how the name is told.
 */
export const storeUniqueCommands: CommandTable = {
  STOU: {
    needsLogin: true,
    minParams: 0,
    help: 'STOU [<path>]: STOR under a name that is free',
    async run(session, argument) {
      const wanted = argument.trim()
      const id = session.administration.ids.next()
      const isFree = wanted !== '' && (await isAbsent(session, wanted))
      const name = isFree ? wanted : `${wanted === '' ? 'file' : wanted}.${id}`
      const answer = await storeCommands['STOR']!.run(session, name)
      return answer.code === 150 ? { ...answer, lines: [`FILE: ${name}`] } : answer
    },
  },
}

async function isAbsent(session: CommandSession, argument: string): Promise<boolean> {
  try {
    await session.site.stat(session.caller(), session.path(argument), ['upload', 'resume'])
    return false
  } catch (cause) {
    if (cause instanceof Refusal && cause.code === SITE_REFUSALS.noSuchPath) return true
    throw cause
  }
}
