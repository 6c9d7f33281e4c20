import { type IrcCommand, reply } from '#gateways/irc/command.ts'
import type { House } from '#gateways/irc/house.ts'
import { isupportLines } from '#gateways/irc/isupport.ts'
import { type Line, numeric, replies } from '#gateways/irc/replies.ts'

/** RFC 2812 section 3.4.2. */
export const lusers: IrcCommand = {
  when: 'after',
  minParams: 0,
  run: ({ house }) => reply(...countLines(house)),
}

/** RFC 2812 section 3.4.1. */
export const motd: IrcCommand = {
  when: 'after',
  minParams: 0,
  run: ({ house }) => reply(...motdLines(house)),
}

/** 251 to 255 and 265, 266. */
export function countLines({ sessions }: House): Line[] {
  const { connections, members, rooms } = sessions.counts
  const users = members.toString()
  const counts = `${members}, max ${members}`
  return [
    numeric('251', `There are ${members} users and 0 invisible on 1 servers`),
    numeric('252', '0', 'operator(s) online'),
    numeric('253', Math.max(0, connections - members).toString(), 'unknown connection(s)'),
    numeric('254', rooms.toString(), 'channels formed'),
    numeric('255', `I have ${connections} clients and 0 servers`),
    numeric('265', users, users, `Current local users ${counts}`),
    numeric('266', users, users, `Current global users ${counts}`),
  ]
}

export function motdLines({ settings }: House): Line[] {
  if (settings.motd.length === 0) return [replies.noMotd()]
  return [
    numeric('375', `- ${settings.serverName} Message of the day -`),
    ...settings.motd.map((line) => numeric('372', `- ${line}`)),
    numeric('376', 'End of /MOTD command.'),
  ]
}

function always(lines: (house: House) => readonly Line[]): IrcCommand {
  return { when: 'after', minParams: 0, run: ({ house }) => reply(...lines(house)) }
}

/** Verbs that tell of the server alone: RFC 2812 sections 3.4 and 4. */
export const serverInformation: Readonly<Record<string, IrcCommand>> = {
  VERSION: always(({ settings }) => [
    numeric('351', settings.version, settings.serverName, settings.networkName),
    ...isupportLines(settings),
  ]),
  TIME: always(({ deps, settings }) => [
    numeric('391', settings.serverName, new Date(deps.clock.now()).toISOString()),
  ]),
  INFO: always(({ settings }) => [
    numeric('371', `${settings.version}: one server for a media community`),
    numeric('371', `Up since ${new Date(settings.startedAt).toISOString()}`),
    numeric('374', 'End of INFO list'),
  ]),
  LINKS: always(({ settings }) => [
    numeric('364', settings.serverName, settings.serverName, `0 ${settings.networkName}`),
    numeric('365', '*', 'End of /LINKS list'),
  ]),
  ADMIN: always(({ settings }) => [
    numeric('423', settings.serverName, 'No administrative info available'),
  ]),
  STATS: {
    when: 'after',
    minParams: 0,
    run: ({ params }) => reply(numeric('219', params[0] ?? '*', 'End of /STATS report')),
  },
  HELP: always(() => helpLines),
  HELPOP: always(() => helpLines),
}

const helpLines: readonly Line[] = [
  numeric('704', '*', 'Log in with PASS member:password, then JOIN #site.'),
  numeric('705', '*', 'JOIN PART PRIVMSG TOPIC NAMES WHO WHOIS LIST AWAY QUIT'),
  numeric('706', '*', 'End of /HELP.'),
]
