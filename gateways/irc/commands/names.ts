import type { ActorState } from '#actors/kernel/host.ts'
import type { RoomContext } from '#actors/room/room.commands.ts'
import { mayJoin } from '#gateways/members/room-policy.ts'
import { findRoom, roomOf } from '#gateways/irc/channel.ts'
import type { Client } from '#gateways/irc/client.ts'
import { type IrcCommand, reply } from '#gateways/irc/command.ts'
import type { House } from '#gateways/irc/house.ts'
import { type Line, numeric, replies } from '#gateways/irc/replies.ts'

/** Bytes of nicks in one 353: what is left of a line. */
const NAMES_BYTES = 380

/** RFC 2812 section 3.2.5. Without a channel: those that the client is in. */
export const names: IrcCommand = {
  when: 'after',
  minParams: 0,
  async run({ params, client, house }) {
    const channels = params[0]?.split(',') ?? [...client.rooms.keys()].map((room) => `#${room}`)
    if (channels.length > house.settings.limits.targets && params[0] !== undefined) {
      return reply(replies.tooManyTargets('NAMES'))
    }
    const lines: Line[] = []
    const isAllowed = await mayJoin(house.deps.policy, client.member!)
    for (const channel of channels) {
      const ref = isAllowed ? roomOf(channel) : undefined
      const room = ref && (await findRoom(house, ref))
      if (ref && room) lines.push(...(await namesLines(`#${ref.id}`, room, client, house)))
      else lines.push(endOfNames(channel))
    }
    return reply(...lines)
  },
}

/** 353 and 366 for a room as its state has it. */
export async function namesLines(
  channel: string,
  room: ActorState<RoomContext>,
  { capabilities }: Client,
  { nicks, voice }: House,
): Promise<Line[]> {
  const members = Object.keys(room.context.members).toSorted()
  const shown = await Promise.all(members.map((member) => nicks.find(member)))
  const words = capabilities.has('userhost-in-names')
    ? members.map((member) => voice.sourceOf(member))
    : shown
  return [
    ...packed(words, NAMES_BYTES).map((line) => numeric('353', '=', channel, line)),
    endOfNames(channel),
  ]
}

function endOfNames(channel: string): Line {
  return numeric('366', channel, 'End of /NAMES list')
}

/** Joins words with spaces into lines of at most so many bytes. */
function packed(words: readonly string[], bytes: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > bytes) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  if (line !== '') lines.push(line)
  return lines
}
