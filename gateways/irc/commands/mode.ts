import { streamOf } from '#events/fact.ts'
import type { ActorRef } from '#events/fact.ts'

import { findRoom, roomOf } from '#gateways/irc/channel.ts'
import { foldCase } from '#gateways/irc/codec.ts'
import { type IrcCommand, type IrcReply, type IrcRequest, reply } from '#gateways/irc/command.ts'
import { type Line, numeric, replies } from '#gateways/irc/replies.ts'

/** RFC 2812 sections 3.1.5 and 3.2.3. Modes can be asked for; nobody on IRC sets them. */
export const mode: IrcCommand = {
  when: 'after',
  minParams: 1,
  run: (request) => (request.params[0]!.startsWith('#') ? channelMode(request) : userMode(request)),
}

async function channelMode({ params, client, house }: IrcRequest): Promise<IrcReply> {
  const ref = roomOf(params[0]!)
  const room = ref && (await findRoom(house, ref))
  if (!ref || !room) return reply(replies.noSuchChannel(params[0]!))
  const channel = `#${ref.id}`
  const asked = params[1]
  if (asked === undefined) return reply(...(await modeLines(channel, ref, house)))
  // Clients ask for the ban list on entering; there are no bans yet, so it is empty.
  if (/^\+?b$/.test(asked) && params[2] === undefined) {
    return reply(numeric('368', channel, 'End of channel ban list'))
  }
  if (!client.isHere(ref.id)) return reply(replies.notOnChannel(channel))
  return reply(replies.needsOperator(channel))
}

/** `n`: only who is in the channel can speak in it, and that is what the room's rules say. */
async function modeLines(
  channel: string,
  ref: ActorRef,
  { deps }: IrcRequest['house'],
): Promise<Line[]> {
  const lines: Line[] = [numeric('324', channel, '+n')]
  for await (const created of deps.log.readStream(streamOf(ref), { limit: 1 })) {
    lines.push(numeric('329', channel, Math.floor(created.meta.at / 1000).toString()))
  }
  return lines
}

function userMode({ params, client }: IrcRequest): IrcReply {
  const [target, asked] = params
  if (foldCase(target!) !== foldCase(client.nick)) return reply(replies.otherUserMode())
  if (asked === undefined) return reply(numeric('221', '+i'))
  // `i` is always on here; clients set it on connecting.
  return /^[+-]i$/.test(asked) ? reply() : reply(replies.unknownUserMode())
}
