import type { CommandContext, Receipt } from '#actors/kernel/host.ts'
import type { ConnectionCommand } from '#actors/connection/connection.commands.ts'
import type { RoomCommand } from '#actors/room/room.commands.ts'
import type { ActorRef } from '#events/fact.ts'

import type { GatewayDeps } from '#gateways/kernel/gateway.ts'
import type { Member } from '#gateways/kernel/login.ts'
import { sendEventually } from '#gateways/kernel/send-eventually.ts'

/** A client's connection actor, as its session sees it. */
export interface Connection {
  readonly id: string
  readonly ref: ActorRef
  /** Who is logged in by it. */
  readonly member: Member | undefined
  /** The context of a command that this client sends, with a fresh command id unless given. */
  context(commandId?: string): CommandContext
  secured(protocol: string, cipher: string): Promise<void>
  authenticated(member: Member): Promise<void>
  /** Records that the client is no longer in a room, as soon as the log can take it. */
  leaveRoom(room: string, reason: string): Promise<void>
  /** Records the closing, once and as soon as the log can take it. */
  closed(reason: string, receivedBytes: number, sentBytes: number): Promise<void>
}

/** Records that a client has connected. Rejects with a `Refusal` when the host cannot take it. */
export async function openConnection(
  deps: GatewayDeps,
  gateway: 'ftp' | 'irc' | 'ws',
  remote: string,
): Promise<Connection> {
  const id = deps.ids.next()
  const ref: ActorRef = { kind: 'connection', id }
  let member: Member | undefined
  let closing: Promise<void> | undefined

  const context = (commandId = deps.ids.next()): CommandContext => ({
    by: member?.id ?? null,
    flags: member?.flags ?? '',
    connection: id,
    commandId,
  })
  const send = (command: ConnectionCommand): Promise<Receipt> =>
    deps.host.send(ref, command, context())

  await send({ type: 'connection.open', gateway, remote, node: deps.node })
  return {
    id,
    ref,
    get member() {
      return member
    },
    context,
    async leaveRoom(room, reason) {
      const command: RoomCommand = { type: 'room.leave', reason }
      await sendEventually(deps, { kind: 'room', id: room }, command, context())
    },
    async secured(protocol, cipher) {
      await send({ type: 'connection.secure', protocol, cipher })
    },
    async authenticated(who) {
      const command = {
        type: 'connection.authenticate',
        account: who.id,
        group: who.group,
      } as const
      await deps.host.send(ref, command, { ...context(), by: who.id, flags: who.flags })
      member = who
    },
    closed(reason, receivedBytes, sentBytes) {
      const command = { type: 'connection.close', reason, receivedBytes, sentBytes } as const
      closing ??= sendEventually(deps, ref, command, context()).then(() => {})
      return closing
    },
  }
}
