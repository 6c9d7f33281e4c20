import type { AuditQuery } from '#projections/read-models.ts'
import { remotesFor } from '#gateways/kernel/remotes.ts'

import { listed, moment } from '#gateways/ftp/commands/site/lines.ts'
import { type LogLine, told } from '#gateways/ftp/commands/site/log-lines.ts'
import {
  type SiteCommand,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'
import { countIn } from '#gateways/ftp/commands/site/words.ts'

const SHOWN = 20
const SHOWN_MAX = 200

/** What is done to members, groups, credits, rights and sections. */
const ADMINISTRATION = ['account', 'group', 'ledger', 'policy', 'site']

const FAILURES = ['race.file-rejected', 'race.file-warned', 'race.file-lost', 'lockout.*']

/** The audit, for who may read it. */
export const logCommands: SiteCommandTable = {
  SYSLOG: auditLog(
    'lists what was done to members, groups, credits, rights and sections, the last first',
    'What was done:',
    ADMINISTRATION.map((kind) => ({ kind })),
  ),
  ERRLOG: auditLog(
    'lists what went wrong: files refused, warned about or lost, and failed logins',
    'What went wrong:',
    FAILURES.map((type) => ({ type })),
  ),
  REQLOG: auditLog('lists what was asked for, filled and taken back', 'Requests:', [
    { kind: 'request' },
  ]),
  DUPELOG: auditLog('lists names that were taken out of the duplicates, or put in', 'Dupes:', [
    { type: 'site.dupe-*' },
  ]),
  LOGINS: {
    help: 'lists logins, the last first; addresses for who may see them',
    usage: ['[<count>] [<user>]'],
    words: [0, 2],
    async run({ session, member, assertMay, words }) {
      await assertMay('audit')
      const [first = '', second = ''] = words
      const isCount = /^\d+$/.test(first)
      const [text, who] = isCount ? [first, second] : [second || undefined, first]
      const { items } = await session.readModels.audit({
        type: 'connection.authenticated',
        limit: countOf(text),
        ...(who !== '' && { member: who.toLowerCase() }),
      })
      const remotes = await remotesFor(member, session.administration)
      const rows = await Promise.all(
        items.map(async ({ at, by, origin }) => ({
          at,
          by,
          gateway: origin?.gateway ?? null,
          method: origin?.method?.split(':')[0] ?? null,
          from: await remotes.of(origin?.account ?? null, origin?.remote ?? null),
        })),
      )
      return listed(
        'Logins:',
        rows,
        [
          { title: 'when, UTC', of: ({ at }) => moment(at) },
          { title: 'name', of: ({ by }) => by },
          { title: 'by', of: ({ gateway }) => gateway },
          { title: 'proof', of: ({ method }) => method },
          { title: 'from', of: ({ from }) => from },
        ],
        'login',
      )
    },
  },
}

/** The last of all that one of some questions finds. */
function auditLog(
  help: string,
  title: string,
  questions: readonly Pick<AuditQuery, 'kind' | 'type'>[],
): SiteCommand {
  return {
    help,
    usage: ['[<count>]'],
    words: [0, 1],
    async run({ session, assertMay, words: [text] }) {
      await assertMay('audit')
      const limit = countOf(text)
      const pages = await Promise.all(
        questions.map((question) => session.readModels.audit({ ...question, limit })),
      )
      const found = pages
        .flatMap(({ items }) => items)
        .toSorted((one, other) => other.position - one.position)
        .slice(0, limit)
      return listed(title, await told(session, found), COLUMNS, 'line')
    },
  }
}

const COLUMNS = [
  { title: 'when, UTC', of: ({ at }: LogLine) => moment(at) },
  { title: 'who', of: ({ by }: LogLine) => by },
  { title: 'what', of: ({ type }: LogLine) => type },
  { title: 'to', of: ({ subject, place, stream }: LogLine) => subject ?? place ?? stream },
  { title: 'by', of: ({ origin }: LogLine) => origin?.gateway ?? null },
  { title: 'that is', of: ({ words }: LogLine) => words },
]

function countOf(text = String(SHOWN)): number {
  const count = countIn(text, 1, SHOWN_MAX)
  if (count === undefined) throw wrong(`a count is 1 to ${SHOWN_MAX}`)
  return count
}
