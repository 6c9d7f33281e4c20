import { listed, speed } from '#gateways/ftp/commands/site/lines.ts'
import type { SiteCall, SiteCommand } from '#gateways/ftp/commands/site/site-command.ts'
import { type SiteCommandTable, wrong } from '#gateways/ftp/commands/site/site-command.ts'
import { countIn } from '#gateways/ftp/commands/site/words.ts'
import { idleTimeoutOf } from '#gateways/ftp/idle-time.ts'
import { reply } from '#gateways/ftp/replies.ts'
import { reachable } from '#gateways/ftp/shortcuts.ts'

const SECOND_MS = 1_000
const IDLE_LEAST_SECONDS = 10
/** For who may do nothing for ever. */
const IDLE_MOST_SECONDS = 86_400

const mine = { words: [0, 0], usage: [''], isOfSession: true } as const
const spare = { ...mine, isReplaceable: true } as const

/** The ways about the site, its texts, and how it does. */
export const sessionExtraCommands: SiteCommandTable = {
  IDLE: {
    help: 'says or sets how long this session may do nothing, up to what the account allows',
    usage: ['', '<seconds>'],
    words: [0, 1],
    isOfSession: true,
    run({ session: { state, connection, limits }, words: [text] }) {
      const mostMs = idleTimeoutOf(connection.member, limits.idleTimeoutMs)
      if (text !== undefined) {
        const most = Math.min(Math.floor(mostMs / SECOND_MS), IDLE_MOST_SECONDS)
        const least = Math.min(IDLE_LEAST_SECONDS, most)
        const seconds = countIn(text, least, most)
        if (seconds === undefined) throw wrong(`it is ${least} to ${most} seconds`)
        state.idleMs = seconds * SECOND_MS
      }
      const idleMs = state.idleMs ?? mostMs
      if (idleMs === Number.POSITIVE_INFINITY) return 'This session may do nothing for ever.'
      return `This session ends when it does nothing for ${idleMs / SECOND_MS} seconds.`
    },
  },
  PING: { ...spare, help: 'answers', run: () => 'Pong.' },
  UPTIME: {
    ...spare,
    help: 'says how long this server has been running',
    run: ({ session }) => `Up for ${duration(session.now() - session.bandwidth.sinceMs)}.`,
  },
  BW: {
    ...spare,
    help: 'shows how much moves by this server now',
    run: ({ session: { bandwidth } }) => {
      const [up, down] = (['up', 'down'] as const).map((way) =>
        speed(bandwidth.rate(way), SECOND_MS),
      )
      return `Up ${up} KiB/s, down ${down} KiB/s, over the last five seconds.`
    },
  },
  ALIAS: {
    ...mine,
    help: 'lists the names that CWD knows for directories',
    async run({ session }) {
      const seen = await reachable(session, session.policies.shortcuts.aliases)
      return listed('Aliases:', seen, [...NAME, ...PATH], 'name')
    },
  },
  CDPATH: {
    ...mine,
    help: 'lists the directories in which CWD looks for a name',
    async run({ session }) {
      const paths = session.policies.shortcuts.searchPath.map((path) => ({ path }))
      const seen = await reachable(session, paths)
      return listed('CWD looks in:', seen, PATH, 'path')
    },
  },
  RULES: text('rules', 'shows the rules of the site', 'No rules are written.'),
  NEWS: text('news', 'shows the news of the site', 'There is no news.'),
  MOTD: text('motd', 'shows the message of the day', 'There is no message of the day.'),
  EMULATE: {
    help: 'refused: nobody acts in the name of another member',
    usage: ['<user>'],
    isOfSession: true,
    run: () =>
      reply(502, 'Nobody acts as another: every fact names who caused it. See SITE WHY and USER.'),
  },
}

const NAME = [{ title: 'name', of: ({ name }: { readonly name: string }) => name }]
const PATH = [{ title: 'path', of: ({ path }: { readonly path: string }) => path }]

/** A text of the operator, in `messages/<name>.txt` of the data folder. */
function text(name: string, help: string, none: string): SiteCommand {
  return {
    ...spare,
    help,
    async run({ session }: SiteCall) {
      const lines = await session.site.text(session.caller(), name)
      if (lines.length === 0) return none
      return [`${name.toUpperCase()}:`, ...lines.map((line) => ` ${line}`), 'End.']
    },
  }
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** The two largest units; `0 minutes` for less than one. */
function duration(ms: number): string {
  let seconds = Math.max(0, Math.floor(ms / SECOND_MS))
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(seconds / size)
    seconds -= count * size
    return count > 0 ? [`${count} ${unit}${count === 1 ? '' : 's'}`] : []
  })
  return parts.slice(0, 2).join(', ') || '0 minutes'
}
