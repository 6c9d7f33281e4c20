import type { AuditEntry } from '#projections/read-models.ts'
import { remotesFor } from '#gateways/kernel/remotes.ts'

import { listed, moment } from '#gateways/ftp/commands/site/lines.ts'
import { type SiteCommandTable, wrong } from '#gateways/ftp/commands/site/site-command.ts'
import { countIn } from '#gateways/ftp/commands/site/words.ts'

const SHOWN = 20
const SHOWN_MAX = 200

/** What is done to members, groups, credits and rights. */
const ADMINISTRATION = ['account', 'group', 'ledger', 'policy']

/** The audit, for who may read it. */
export const logCommands: SiteCommandTable = {
  SYSLOG: {
    help: 'lists what was done to members, groups, credits and rights, the last first',
    usage: ['[<count>]'],
    words: [0, 1],
    async run({ session, assertMay, words: [text] }) {
      await assertMay('audit')
      const limit = countOf(text)
      const pages = await Promise.all(
        ADMINISTRATION.map((kind) => session.readModels.audit({ kind, limit })),
      )
      const found = pages
        .flatMap(({ items }) => items)
        .toSorted((one, other) => other.position - one.position)
        .slice(0, limit)
      return listed('What was done:', found, COLUMNS, 'line')
    },
  },
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

const COLUMNS = [
  { title: 'when, UTC', of: ({ at }: AuditEntry) => moment(at) },
  { title: 'who', of: ({ by }: AuditEntry) => by },
  { title: 'what', of: ({ type }: AuditEntry) => type },
  { title: 'to', of: ({ subject, stream }: AuditEntry) => subject ?? stream },
  { title: 'by', of: ({ origin }: AuditEntry) => origin?.gateway ?? null },
]

function countOf(text = String(SHOWN)): number {
  const count = countIn(text, 1, SHOWN_MAX)
  if (count === undefined) throw wrong(`a count is 1 to ${SHOWN_MAX}`)
  return count
}
