import { MESSAGE_CHARACTERS, type RoomCommand } from '#actors/room/room.commands.ts'
import { assertInRoom } from '#gateways/members/room-policy.ts'

import { roomOf } from '#gateways/irc/channel.ts'
import { cutCharacters, foldCase } from '#gateways/irc/codec.ts'
import { type IrcCommand, type IrcReply, type IrcRequest, reply } from '#gateways/irc/command.ts'
import { keepPace } from '#gateways/irc/pace.ts'
import { replies } from '#gateways/irc/replies.ts'

/** RFC 2812 section 3.3.1. What is said to a channel becomes a fact of its room. */
export const message: IrcCommand = { when: 'after', minParams: 0, run: say }

/** RFC 2812 section 3.3.2: never answered, so that two programs cannot answer each other. */
export const notice: IrcCommand = { ...message, isUnanswered: true }

/** IRCv3 message-tags: `CLIENTTAGDENY=*` says that no client's tag is passed on. */
export const tagMessage: IrcCommand = { when: 'after', minParams: 1, run: () => reply() }

/** A message beyond the budget waits so long, if that is enough: people do not notice. */
const LAG_MS = 5_000

async function say(request: IrcRequest): Promise<IrcReply> {
  const { verb, params, client, house } = request
  const [target, text] = params
  if (!target) return reply(replies.noRecipient(verb))
  if (!text) return reply(replies.noText())
  if (target.includes(',')) return reply(replies.tooManyTargets(target))
  if (!target.startsWith('#')) return reply(notToAMember(target, house))
  const ref = roomOf(target)
  if (!ref) return reply(replies.noSuchChannel(target))
  await assertInRoom(house.deps.policy, client.member!, 'room.post')
  client.lastSpokeAt = house.deps.clock.now()
  const parts = partsOf(text)
  await house.deps.rateLimits.heard(client.member!, text)
  const order = { action: 'send_message', tokens: parts.length, maxWaitMs: LAG_MS } as const
  const tooFast = await keepPace(request, target, order)
  if (tooFast) return reply(tooFast)
  for (const part of parts) {
    const command: RoomCommand = { type: 'room.post', text: part }
    await house.deps.host.send(ref, command, client.connection.context())
  }
  return reply()
}

/** A line can hold more than a message may have: then it is two messages, none of it lost. */
function partsOf(text: string): readonly string[] {
  const parts: string[] = []
  for (let rest = text; rest !== '';) {
    const part = cutCharacters(rest, MESSAGE_CHARACTERS)
    parts.push(part)
    rest = rest.slice(part.length)
  }
  return parts
}

function notToAMember(target: string, { sessions }: IrcRequest['house']) {
  const isOn = sessions.ofMember(foldCase(target)).length > 0
  return isOn ? replies.cannotSendToUser(target) : replies.noSuchNick(target)
}
