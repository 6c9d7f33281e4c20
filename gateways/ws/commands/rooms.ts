import { z } from 'zod'

import { MESSAGE_CHARACTERS, type RoomCommand } from '#actors/room/room.commands.ts'
import type { ActorRef } from '#events/fact.ts'
import { takeOrRefuse } from '#gateways/kernel/rate-limits/refusal.ts'
import { assertInRoom } from '#gateways/members/room-policy.ts'

import { commandIdOf } from '#gateways/ws/command-id.ts'
import { defineCommand, type WsClient } from '#gateways/ws/command.ts'
import { ackFrame } from '#gateways/ws/replies.ts'
import { mayAudit } from '#gateways/ws/visibility.ts'

/** Numbers are taken for the sake of clients of the earlier chat server. */
const roomId = z.union([z.string().min(1).max(64), z.number()]).transform(String)

function roomOf(id: string): ActorRef {
  return { kind: 'room', id }
}

/** Takes from the budget of the member who is logged in. Rejects with a `Refusal`. */
async function take({ deps, connection }: WsClient, action: 'join_room' | 'send_message') {
  await takeOrRefuse(deps.rateLimits, connection.member!, action, { gateway: 'ws' })
}

/** Enters a room; its facts from then on come as `message` and other frames of the chat. */
export const joinRoom = defineCommand({
  needsLogin: true,
  data: z.object({ room_id: roomId }),
  async run({ frame, data, client }) {
    const { room_id: room } = data
    await assertInRoom(client.deps.policy, client.connection.member!, 'room.join')
    await take(client, 'join_room')
    const isHere = client.subscriptions.hasRoom(room)
    const follower = isHere ? undefined : client.subscriptions.addRoom(room)
    try {
      const command: RoomCommand = { type: 'room.join' }
      const { version, position } = await client.deps.host.send(
        roomOf(room),
        command,
        client.connection.context(),
      )
      return {
        frame: ackFrame(frame.id, { room_id: room, seq: version, position }),
        after: () => follower?.start(position),
      }
    } catch (error) {
      if (!isHere) client.subscriptions.removeRoom(room, true)
      throw error
    }
  },
})

export const leaveRoom = defineCommand({
  needsLogin: true,
  data: z.object({ room_id: roomId, reason: z.string().max(300).optional() }),
  async run({ frame, data, client }) {
    const { room_id: room, reason = '' } = data
    const command: RoomCommand = { type: 'room.leave', reason }
    const isAuditor = mayAudit(await client.viewer())
    const { version, position } = await client.deps.host.send(
      roomOf(room),
      command,
      client.connection.context(),
    )
    client.subscriptions.removeRoom(room, isAuditor)
    return { frame: ackFrame(frame.id, { room_id: room, seq: version, position }) }
  },
})

/** The ack comes when the message is in the log; who sent it sees it among the others' too. */
export const sendMessage = defineCommand({
  needsLogin: true,
  data: z.object({
    room_id: roomId,
    content: z.string().min(1).max(MESSAGE_CHARACTERS),
    nonce: z.string().min(1).max(128).optional(),
  }),
  async run({ frame, data, client }) {
    const { room_id: room, content } = data
    await assertInRoom(client.deps.policy, client.connection.member!, 'room.post')
    await client.deps.rateLimits.heard(client.connection.member!, content)
    await take(client, 'send_message')
    const nonce = data.nonce ?? frame.nonce
    const member = client.connection.member!.id
    const context = client.connection.context(
      nonce === undefined ? undefined : commandIdOf(member, room, nonce),
    )
    const command: RoomCommand = { type: 'room.post', text: content }
    const receipt = await client.deps.host.send(roomOf(room), command, context)
    const posted = receipt.facts.at(-1)
    return {
      frame: ackFrame(frame.id, {
        room_id: room,
        ...(posted && { message_id: posted.id }),
        seq: posted?.version ?? receipt.version,
        position: posted?.position ?? receipt.position,
      }),
    }
  },
})
