import type { DecideEnv } from '#actors/kernel/define-actor.ts'
import type { ActorState } from '#actors/kernel/host.ts'
import { ROOM_REFUSALS, type RoomCommand, type RoomContext } from '#actors/room/room.commands.ts'
import { entryOf } from '#events/records.ts'
import { Refusal } from '#events/refusal.ts'
import type { RoomDecided } from '#events/room.facts.ts'

/** Connections that one member may be in a room by. */
const CONNECTIONS_A_MEMBER = 20

export function decideRoom(
  state: ActorState<RoomContext>,
  command: RoomCommand,
  env: DecideEnv,
): RoomDecided[] {
  if (command.type === 'room.create') {
    if (state.value !== 'absent') return []
    return [{ type: 'room.created', data: { name: command.name } }]
  }
  if (state.value === 'absent') {
    throw new Refusal(ROOM_REFUSALS.noSuchRoom, 'There is no such room.')
  }
  if (command.type === 'room.announce') {
    return [{ type: 'room.announced', data: { text: command.text, about: command.about } }]
  }
  const member = env.by
  const here = member === null ? [] : (entryOf(state.context.members, member) ?? [])
  const isHere = env.connection !== null && here.includes(env.connection)
  if (command.type === 'room.join') {
    if (member === null || env.connection === null) throw notInRoom()
    if (isHere) return []
    if (here.length >= CONNECTIONS_A_MEMBER) {
      throw new Refusal(ROOM_REFUSALS.tooManyConnections, 'You are here by too many connections.')
    }
    return [{ type: 'room.joined', data: { member, first: here.length === 0 } }]
  }
  if (member === null || !isHere) throw notInRoom()
  switch (command.type) {
    case 'room.leave':
      return [
        {
          type: 'room.left',
          data: { member, reason: command.reason, last: here.length === 1 },
        },
      ]
    case 'room.post':
      return [{ type: 'room.message-posted', data: { member, text: command.text } }]
    case 'room.set-topic':
      if (command.topic === state.context.topic) return []
      return [{ type: 'room.topic-set', data: { topic: command.topic } }]
  }
}

function notInRoom(): Refusal {
  return new Refusal(ROOM_REFUSALS.notInRoom, 'You are not in that room.')
}
