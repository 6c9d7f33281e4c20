import { mayJoin } from '#gateways/members/room-policy.ts'
import { findRoom, roomOf } from '#gateways/irc/channel.ts'
import type { Client } from '#gateways/irc/client.ts'
import { foldCase } from '#gateways/irc/codec.ts'
import { type IrcCommand, reply } from '#gateways/irc/command.ts'
import type { House } from '#gateways/irc/house.ts'
import { type Line, numeric, replies } from '#gateways/irc/replies.ts'

/** RFC 2812 section 3.6.1: of a channel, or of one nick. */
export const who: IrcCommand = {
  when: 'after',
  minParams: 0,
  async run({ params, client, house }) {
    const mask = params[0] ?? '*'
    const end = numeric('315', mask, 'End of /WHO list')
    const ref = roomOf(mask)
    if (!ref) {
      const on = house.sessions.ofMember(foldCase(mask))
      return reply(...(on.length > 0 ? [whoLine('*', foldCase(mask), house)] : []), end)
    }
    const isAllowed = await mayJoin(house.deps.policy, client.member!)
    const room = isAllowed ? await findRoom(house, ref) : undefined
    const members = Object.keys(room?.context.members ?? {}).toSorted()
    await Promise.all(members.map((member) => house.nicks.find(member)))
    return reply(...members.map((member) => whoLine(`#${ref.id}`, member, house)), end)
  },
}

function whoLine(channel: string, member: string, house: House): Line {
  const { serverName } = house.settings
  const nick = house.nicks.known(member) ?? member
  const flag = awayMessageOf(house.sessions.ofMember(member)) === undefined ? 'H' : 'G'
  return numeric('352', channel, member, serverName, serverName, nick, flag, `0 ${nick}`)
}

/** A member is away when every one of their clients is. */
function awayMessageOf(clients: readonly Client[]): string | undefined {
  const isAway = clients.length > 0 && clients.every(({ awayMessage }) => awayMessage)
  return isAway ? clients[0]!.awayMessage : undefined
}

/** RFC 2812 section 3.6.2: members who are on IRC, or share a channel with the client. */
export const whois: IrcCommand = {
  when: 'after',
  minParams: 1,
  async run({ params, client, house }) {
    const nick = params.at(-1)!.split(',')[0]!
    const end = numeric('318', nick, 'End of /WHOIS list')
    const member = foldCase(nick)
    const clients = house.sessions.ofMember(member)
    const shared = await sharedChannels(client, member, house)
    if (clients.length === 0 && shared.length === 0) return reply(replies.noSuchNick(nick), end)
    const { serverName, networkName } = house.settings
    const name = await house.nicks.find(member)
    const away = awayMessageOf(clients)
    const lines: Line[] = [numeric('311', name, member, serverName, '*', name)]
    if (shared.length > 0) lines.push(numeric('319', name, shared.join(' ')))
    lines.push(numeric('312', name, serverName, networkName))
    lines.push(numeric('330', name, member, 'is logged in as'))
    if (away !== undefined) lines.push(numeric('301', name, away))
    if (clients.length > 0) lines.push(idleLine(name, clients, house.deps.clock.now()))
    return reply(...lines, end)
  },
}

function idleLine(name: string, clients: readonly Client[], now: number): Line {
  const idleMs = now - Math.max(...clients.map(({ lastSpokeAt }) => lastSpokeAt))
  const signOn = Math.min(...clients.map(({ connectedAt }) => connectedAt))
  const seconds = (ms: number) => Math.floor(ms / 1000).toString()
  return numeric('317', name, seconds(idleMs), seconds(signOn), 'seconds idle, signon time')
}

async function sharedChannels(client: Client, member: string, house: House): Promise<string[]> {
  const channels: string[] = []
  for (const id of client.rooms.keys()) {
    const room = await findRoom(house, { kind: 'room', id })
    if (room && Object.hasOwn(room.context.members, member)) channels.push(`#${id}`)
  }
  return channels
}

/** RFC 2812 section 3.6.3: no history of nicks is kept, for a nick never changes hands. */
export const whowas: IrcCommand = {
  when: 'after',
  minParams: 1,
  run: ({ params }) =>
    reply(replies.wasNoSuchNick(params[0]!), numeric('369', params[0]!, 'End of WHOWAS')),
}

/** RFC 2812 section 4.8: at most five nicks. */
export const userhost: IrcCommand = {
  when: 'after',
  minParams: 1,
  run({ params, house }) {
    const found = params.slice(0, 5).flatMap((nick) => {
      const clients = house.sessions.ofMember(foldCase(nick))
      if (clients.length === 0) return []
      const { id, name } = clients[0]!.member!
      const flag = awayMessageOf(clients) === undefined ? '+' : '-'
      return [`${name}=${flag}${id}@${house.settings.serverName}`]
    })
    return reply(numeric('302', found.join(' ')))
  },
}

/** RFC 2812 section 4.9. */
export const ison: IrcCommand = {
  when: 'after',
  minParams: 1,
  run({ params, house }) {
    const asked = params.join(' ').split(' ').slice(0, 50)
    const on = asked.filter((nick) => house.sessions.ofMember(foldCase(nick)).length > 0)
    return reply(numeric('303', on.join(' ')))
  },
}
