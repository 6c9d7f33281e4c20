import type { RoomCommand } from '#actors/room/room.commands.ts'
import type { ActorRef } from '#events/fact.ts'
import { Refusal } from '#events/refusal.ts'
import { assertInRoom } from '#gateways/members/room-policy.ts'

import { findRoom, roomOf } from '#gateways/irc/channel.ts'
import type { Presence } from '#gateways/irc/client.ts'
import { cutCharacters } from '#gateways/irc/codec.ts'
import { type IrcCommand, type IrcReply, type IrcRequest, reply } from '#gateways/irc/command.ts'
import { namesLines } from '#gateways/irc/commands/names.ts'
import { topicLines } from '#gateways/irc/commands/topic.ts'
import { keepPace } from '#gateways/irc/pace.ts'
import { joined, parted, renderRoomFact } from '#gateways/irc/render.ts'
import { type Line, refusalReply, replies } from '#gateways/irc/replies.ts'

/** RFC 2812 section 3.2.1. `JOIN 0` leaves all channels. */
export const join: IrcCommand = {
  when: 'after',
  minParams: 1,
  run(request) {
    if (request.params[0] === '0') {
      return forEach(
        request,
        [...request.client.rooms.keys()].map((room) => `#${room}`),
        leaveOne,
      )
    }
    return forEach(request, request.params[0]!.split(','), enterOne)
  },
}

/** RFC 2812 section 3.2.2. */
export const part: IrcCommand = {
  when: 'after',
  minParams: 1,
  run: (request) => forEach(request, request.params[0]!.split(','), leaveOne),
}

type One = (request: IrcRequest, ref: ActorRef) => Promise<IrcReply>

/** A list of channels, each with its own answer: a refused one does not stop the rest. */
async function forEach(
  request: IrcRequest,
  channels: readonly string[],
  one: One,
): Promise<IrcReply> {
  const { verb, house } = request
  const allowed = channels.slice(0, house.settings.limits.targets)
  const lines: Line[] = []
  const after: (() => void)[] = []
  for (const channel of allowed) {
    const ref = roomOf(channel)
    const answer = ref ? await refusable(request, ref, one) : reply(replies.noSuchChannel(channel))
    lines.push(...answer.lines)
    if (answer.after) after.push(answer.after)
  }
  const surplus = channels[allowed.length]
  if (surplus !== undefined && verb !== 'JOIN') lines.push(replies.tooManyTargets(surplus))
  if (surplus !== undefined && verb === 'JOIN') lines.push(replies.tooManyChannels(surplus))
  return { lines, after: () => after.forEach((run) => run()) }
}

async function refusable(request: IrcRequest, ref: ActorRef, one: One): Promise<IrcReply> {
  try {
    return await one(request, ref)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return reply(refusalReply({ verb: request.verb, channel: `#${ref.id}` }, error))
  }
}

/**
 * The facts after the joining may arrive before its receipt. They wait in the backlog until
 * the client has been shown its own JOIN.
 */
async function enterOne(request: IrcRequest, ref: ActorRef): Promise<IrcReply> {
  const { client, house } = request
  const { deps, sessions, settings, voice } = house
  const channel = `#${ref.id}`
  if (client.rooms.has(ref.id)) return reply()
  if (client.rooms.size >= settings.limits.channelsPerClient) {
    return reply(replies.tooManyChannels(channel))
  }
  await assertInRoom(deps.policy, client.member!, 'room.join')
  const tooFast = await keepPace(request, channel, { action: 'join_room' })
  if (tooFast) return reply(tooFast)
  const presence: Presence = { phase: 'joining', since: -1, namesAt: -1, backlog: [] }
  client.rooms.set(ref.id, presence)
  sessions.enter(client, ref.id)
  let isHere = false
  try {
    const command: RoomCommand = { type: 'room.join' }
    const receipt = await deps.host.send(ref, command, client.connection.context())
    isHere = true
    presence.since = receipt.version
    const fact = receipt.facts.find(({ type }) => type === 'room.joined')
    const source = voice.sourceOf(client.member!.id)
    const lines: Line[] = [
      fact ? joined(fact, source, channel) : { source, command: 'JOIN', params: [channel] },
    ]
    const room = await findRoom(house, ref)
    if (room) {
      presence.namesAt = room.version
      lines.push(...(await topicLines(channel, room.context, house)))
      lines.push(...(await namesLines(channel, room, client, house)))
    }
    return { lines, after: () => settle(house, client.connection.id, ref.id, presence) }
  } catch (error) {
    // Once joined, the presence stays, so that the end of the session leaves the room.
    if (isHere) presence.phase = 'here'
    else {
      sessions.leave(client, ref.id)
      client.rooms.delete(ref.id)
    }
    throw error
  }
}

function settle(house: IrcRequest['house'], connection: string, room: string, presence: Presence) {
  presence.phase = 'here'
  const listener = house.sessions.byConnection(connection)
  for (const fact of presence.backlog.splice(0)) {
    listener?.deliver(room, fact, renderRoomFact(fact, `#${room}`, house.voice))
  }
}

async function leaveOne(
  { client, house, params, verb }: IrcRequest,
  ref: ActorRef,
): Promise<IrcReply> {
  const channel = `#${ref.id}`
  const presence = client.rooms.get(ref.id)
  if (!presence) {
    const room = await findRoom(house, ref)
    return reply(room ? replies.notOnChannel(channel) : replies.noSuchChannel(channel))
  }
  const reason = verb === 'PART' ? cutCharacters(params[1] ?? '', 300) : ''
  presence.phase = 'leaving'
  try {
    const command: RoomCommand = { type: 'room.leave', reason }
    const receipt = await house.deps.host.send(ref, command, client.connection.context())
    house.sessions.leave(client, ref.id)
    client.rooms.delete(ref.id)
    const fact = receipt.facts.find(({ type }) => type === 'room.left')
    const source = house.voice.sourceOf(client.member!.id)
    return reply(
      fact
        ? parted(fact, source, channel, reason)
        : { source, command: 'PART', params: [channel, reason] },
    )
  } catch (error) {
    presence.phase = 'here'
    throw error
  }
}
