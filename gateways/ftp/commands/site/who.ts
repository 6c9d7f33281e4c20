import type { AccountContext } from '#actors/account/account.commands.ts'
import type { PresenceCommand } from '#actors/presence/presence.commands.ts'
import type { RaceContext } from '#actors/race/race.commands.ts'
import type { Column } from '#gateways/cli/admin/columns.ts'
import { remotesFor } from '#gateways/kernel/remotes.ts'
import { targetOf } from '#gateways/members/administration/operation.ts'
import { PLAIN_PROOF } from '#gateways/members/policy.ts'
import type { OpenConnection } from '#projections/read-models.ts'

import type { CommandSession } from '#gateways/ftp/command.ts'
import { listed, moment } from '#gateways/ftp/commands/site/lines.ts'
import { withSeenGroups } from '#gateways/ftp/commands/site/seen-groups.ts'
import {
  type SiteCall,
  type SiteCommandTable,
  wrong,
} from '#gateways/ftp/commands/site/site-command.ts'

/** Digits of a connection's id by which it is named here: the last ones are random. */
const ID_DIGITS = 8
const MINUTE_MS = 60_000

/** Who is on, and how they are made to leave. */
export const whoCommands: SiteCommandTable = {
  WHO: {
    help: 'lists who is on, and what they upload',
    usage: [''],
    words: [0, 0],
    async run(call) {
      const online = await call.session.readModels.connections()
      const shown = await withoutHidden(call, online)
      const rows = await withDoing(call.session, await withSeenGroups(call, shown))
      return listed('Online:', rows, WHO_COLUMNS(call.session.now()), 'connection')
    },
  },
  SWHO: {
    help: 'lists who is on as WHO, and where they come from, for who may see addresses',
    usage: [''],
    words: [0, 0],
    async run({ session, member, assertMay }) {
      await assertMay('see-addresses')
      const remotes = await remotesFor(member, session.administration)
      const online = await withDoing(session, await session.readModels.connections())
      const rows = await Promise.all(
        online.map(async (each) => ({
          ...each,
          from: await remotes.of(each.member, each.remote),
        })),
      )
      return listed('Online:', rows, SWHO_COLUMNS, 'connection')
    },
  },
  KICK: {
    help: 'ends all connections and sessions of a member',
    usage: ['<user> [<reason>]'],
    words: [1],
    isChange: true,
    async run({ ask, words: [account], rest }) {
      await ask('account.end-sessions', { account, reason: rest(1) })
      return `${account} is out everywhere.`
    },
  },
  KILL: {
    help: 'ends one connection, by its id in SITE WHO',
    usage: ['<id> [<reason>]'],
    words: [1],
    isChange: true,
    async run({ session, assertMay, words: [said = ''], rest }) {
      const { id, member } = await connectionOf(session, said.toLowerCase())
      await assertMay('kill', { target: await targetOf(session.host, member) })
      const reason = rest(1).slice(0, REASON_CHARACTERS) || 'killed'
      const command: PresenceCommand = { type: 'presence.dismiss', connection: id, reason }
      const context = session.connection.context()
      session.caused(await session.host.send({ kind: 'presence', id: member }, command, context))
      return `The connection ${said} of ${member} has ended.`
    },
  },
}

const REASON_CHARACTERS = 200

/** Of somebody who is logged in: whoever is not goes by themselves. */
async function connectionOf({ readModels }: CommandSession, digits: string) {
  if (!/^[0-9a-f-]{4,36}$/.test(digits)) throw wrong('the id is the one in SITE WHO')
  const found = (await readModels.connections()).filter(({ id }) => id.endsWith(digits))
  const [one, ...others] = found.flatMap(({ id, member }) =>
    member === null ? [] : { id, member },
  )
  if (!one) throw wrong('nobody is logged in by such a connection')
  if (others.length > 0) throw wrong('that is the end of more than one id')
  return one
}

interface Online extends OpenConnection {
  readonly doing: string
}

const idOf = ({ id }: OpenConnection) => id.slice(-ID_DIGITS)
const nameOf = ({ member, group }: OpenConnection) =>
  member === null ? '(logging in)' : `${member}/${group ?? '-'}`

const WHO_COLUMNS = (now: number): Column<Online>[] => [
  { title: 'id', of: idOf },
  { title: 'name/group', of: nameOf },
  { title: 'by', of: ({ gateway }) => gateway },
  { title: 'minutes', of: (each) => Math.floor(Math.max(0, now - each.openedAt) / MINUTE_MS) },
  { title: 'doing', of: ({ doing }) => doing },
]

const SWHO_COLUMNS: Column<Online & { readonly from: string | null }>[] = [
  { title: 'id', of: idOf },
  { title: 'name/group', of: nameOf },
  { title: 'by', of: ({ gateway }) => gateway },
  { title: 'from', of: ({ from }) => from },
  { title: 'TLS', of: ({ secured }) => (secured ? 'yes' : 'no') },
  { title: 'proof', of: ({ method }) => method?.split(':')[0] ?? null },
  { title: 'process', of: ({ node }) => node },
  { title: 'since, UTC', of: ({ openedAt }) => moment(openedAt) },
  { title: 'doing', of: ({ doing }) => doing },
]

/** What happens at paths that are hidden from who asks is not told. */
async function withDoing(
  session: CommandSession,
  online: readonly OpenConnection[],
): Promise<Online[]> {
  const uploads = online.flatMap(({ upload }) => upload ?? [])
  const seen = await session.site.seesUploads(session.caller(), uploads)
  const shown = new Set(uploads.filter((_, index) => seen[index]))
  return online.map((each) => {
    const { upload } = each
    return { ...each, doing: upload && shown.has(upload) ? `uploads ${upload.file}` : 'idle' }
  })
}

/** glFTPd's `hideinwho`: whom it is granted where they upload is not shown to others. */
async function withoutHidden(
  { session, member }: SiteCall,
  online: readonly OpenConnection[],
): Promise<OpenConnection[]> {
  const isHidden = await Promise.all(
    online.map(async (each) => {
      const { upload, member: other } = each
      if (!upload || other === null || other === member.id) return false
      const { host, administration } = session
      const account = await host.state<AccountContext>({ kind: 'account', id: other })
      const { context } = await host.state<RaceContext>({ kind: 'race', id: upload.race })
      const path = `/${context.section}/${context.release}/${upload.file}`
      const question = { action: 'hideinwho', path } as const
      return (await administration.policy.judge(account, PLAIN_PROOF, question)).isAllowed
    }),
  )
  return online.filter((_, index) => !isHidden[index])
}
