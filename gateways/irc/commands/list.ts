import type { ActorState } from '#actors/kernel/host.ts'
import type { RoomContext } from '#actors/room/room.commands.ts'
import { refOf } from '#events/fact.ts'

import { mayJoin } from '#gateways/members/room-policy.ts'
import { findRoom, roomOf } from '#gateways/irc/channel.ts'
import { asOneLine } from '#gateways/irc/codec.ts'
import { type IrcCommand, reply } from '#gateways/irc/command.ts'
import type { House } from '#gateways/irc/house.ts'
import { type Line, numeric } from '#gateways/irc/replies.ts'

/** RFC 2812 section 3.2.6. Without a name: every room there is, as the read models know them. */
export const list: IrcCommand = {
  when: 'after',
  minParams: 0,
  cost: 2,
  async run({ params, client, house }) {
    const isAllowed = await mayJoin(house.deps.policy, client.member!)
    const named = params[0]?.startsWith('#') ? params[0].split(',') : undefined
    const wanted = isAllowed ? (named ?? (await allChannels(house))) : []
    const lines: Line[] = [numeric('321', 'Channel', 'Users  Name')]
    for (const channel of wanted.slice(0, CHANNELS_LISTED)) {
      const ref = roomOf(channel)
      const room = ref && (await findRoom(house, ref))
      if (ref && room) lines.push(listed(`#${ref.id}`, room))
    }
    return reply(...lines, numeric('323', 'End of /LIST'))
  },
}

const CHANNELS_LISTED = 100

function listed(channel: string, { context }: ActorState<RoomContext>): Line {
  const members = Object.keys(context.members).length
  return numeric('322', channel, members.toString(), asOneLine(context.topic))
}

async function allChannels({ deps }: House): Promise<string[]> {
  const created = await deps.readModels.audit({ type: 'room.created', limit: CHANNELS_LISTED })
  const rooms = created.items.map(({ stream }) => refOf(stream)?.id)
  return rooms.filter((room) => room !== undefined).map((room) => `#${room}`)
}
