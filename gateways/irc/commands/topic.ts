import type { RoomCommand, RoomContext } from '#actors/room/room.commands.ts'
import { assertInRoom } from '#gateways/members/room-policy.ts'
import { findRoom, roomOf } from '#gateways/irc/channel.ts'
import { cutCharacters } from '#gateways/irc/codec.ts'
import { type IrcCommand, reply } from '#gateways/irc/command.ts'
import type { House } from '#gateways/irc/house.ts'
import { TOPIC_CHARACTERS } from '#gateways/irc/isupport.ts'
import { type Line, numeric, replies } from '#gateways/irc/replies.ts'

/** RFC 2812 section 3.2.4. A set topic is shown to all, the setter too, when its fact comes. */
export const topic: IrcCommand = {
  when: 'after',
  minParams: 1,
  async run({ params, client, house }) {
    const ref = roomOf(params[0]!)
    if (!ref) return reply(replies.noSuchChannel(params[0]!))
    const channel = `#${ref.id}`
    const wanted = params[1]
    if (wanted === undefined) {
      await assertInRoom(house.deps.policy, client.member!, 'room.join')
      const room = await findRoom(house, ref)
      if (!room) return reply(replies.noSuchChannel(channel))
      const lines = await topicLines(channel, room.context, house)
      return reply(...(lines.length > 0 ? lines : [numeric('331', channel, 'No topic is set')]))
    }
    await assertInRoom(house.deps.policy, client.member!, 'room.set-topic')
    const command: RoomCommand = {
      type: 'room.set-topic',
      topic: cutCharacters(wanted, TOPIC_CHARACTERS),
    }
    await house.deps.host.send(ref, command, client.connection.context())
    return reply()
  },
}

/** 332 and 333; none when no topic is set. */
export async function topicLines(
  channel: string,
  { topic: words, topicBy, topicAtMs }: Readonly<RoomContext>,
  { nicks, settings }: House,
): Promise<Line[]> {
  if (words === '') return []
  const setter = topicBy === '' ? settings.serviceNick : await nicks.find(topicBy)
  const seconds = Math.floor(topicAtMs / 1000).toString()
  return [numeric('332', channel, words), numeric('333', channel, setter, seconds)]
}
