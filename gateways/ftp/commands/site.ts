import type { OpenConnection } from '#projections/read-models.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'

interface SiteCommand {
  readonly help: string
  run(session: CommandSession, argument: string): Reply | Promise<Reply>
}

/** The site's own commands, named as in glFTPd. */
const siteCommands: Readonly<Record<string, SiteCommand>> = {
  HELP: {
    help: 'SITE HELP',
    run: () => reply(214, 'Commands of the site:', ...siteHelp(), 'End'),
  },
  WHO: {
    help: 'SITE WHO: who is on, and what they upload',
    async run(session) {
      const online = await session.readModels.connections()
      const uploads = online.flatMap(({ upload }) => upload ?? [])
      const seen = await session.site.seesUploads(session.caller(), uploads)
      const shown = new Set(uploads.filter((_, index) => seen[index]))
      const rows = online.map((each) => ` ${whoRow(each, session.now(), shown)}`)
      return reply(200, 'Online:', ...rows, `${online.length} connections.`)
    },
  },
}

/** RFC 959 section 4.1.3. */
export const siteCommandTable: CommandTable = {
  SITE: {
    needsLogin: true,
    minParams: 1,
    help: 'SITE <command>: see SITE HELP',
    run(session, argument) {
      const [verb = '', ...rest] = argument.trim().split(/\s+/)
      const name = verb.toUpperCase()
      const command = Object.hasOwn(siteCommands, name) ? siteCommands[name] : undefined
      return command ? command.run(session, rest.join(' ')) : reply(500, 'No such SITE command.')
    },
  },
}

function siteHelp(): string[] {
  return Object.values(siteCommands).map(({ help }) => ` ${help}`)
}

/** Addresses are not shown, nor what happens at paths that are hidden from who asks. */
function whoRow(
  { member, group, gateway, openedAt, upload }: OpenConnection,
  now: number,
  shown: ReadonlySet<OpenConnection['upload']>,
): string {
  const who = member === null ? '(logging in)' : `${member}/${group ?? '-'}`
  const minutes = Math.floor(Math.max(0, now - openedAt) / 60_000)
  const what = upload && shown.has(upload) ? `uploads ${upload.file}` : 'idle'
  return `${who.padEnd(24)} ${gateway.padEnd(4)} ${String(minutes).padStart(5)} min  ${what}`
}
