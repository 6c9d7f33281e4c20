import { type Moment, readMoment } from '#events/moment.ts'
import { formatPath } from '#gateways/site/path.ts'

import { unquoted } from '#gateways/ftp/commands/site/attributes.ts'
import { counted } from '#gateways/ftp/commands/site/lines.ts'
import {
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { wordsOf } from '#gateways/ftp/commands/site/words.ts'
import { rowOf } from '#gateways/ftp/listings/listing-rows.ts'
import { timeIn } from '#gateways/ftp/listings/machine-times.ts'

/** Rows of one reply at most. */
const ROWS = 2_000

export const asOfCommands: SiteCommandTable = {
  ASOF: {
    help: 'lists the site as it was, by names and figures; nothing of it can be fetched',
    usage: [
      '<time> [<path>]: 2026-11-21, 2026-11-21T10:00:00Z or 20261121100000, in UTC',
      '<position> [<path>]: after that fact of the log, as 345 or @345',
    ],
    words: [1],
    async run({ session, member, words: [said = ''], rest }) {
      const moment = momentIn(said)
      await assertPast(session, moment)
      const path = session.path(unquoted(pathIn(rest(0))))
      const caller = { ...session.caller(), member }
      const entries = await session.site.asOf(caller, path, moment)
      const now = session.now()
      const rows = entries.slice(0, ROWS).map((entry) => ` ${rowOf(entry, now).text}`)
      const left = entries.length - rows.length
      if (left > 0) rows.push(` and ${counted(left, 'more entry').replace(/entrys$/, 'entries')}`)
      return [`${formatPath(path)} as of ${said}:`, ...rows, `${entries.length} in all.`]
    },
  },
}

/** What is left of the line after the moment. */
function pathIn(said: string): string {
  const second = wordsOf(said)[1]
  return second ? said.slice(second.at).trim() : ''
}

function momentIn(said: string): Moment {
  // No log has as many facts as a time has digits.
  const time = said.length === 14 ? timeIn(said) : undefined
  const moment = time === undefined ? readMoment(said, { bare: 'position' }) : { time }
  if (!moment) throw wrong('a moment is a time as 2026-11-21T10:00:00Z, or a position as 345')
  return moment
}

async function assertPast(session: SiteCall['session'], moment: Moment): Promise<void> {
  const isFuture =
    'time' in moment
      ? moment.time > session.now()
      : 'position' in moment && moment.position > (await session.administration.log.head())
  if (isFuture) throw wrong('that is still to come')
}
