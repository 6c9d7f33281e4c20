import type { WsCommand } from '#gateways/ws/command.ts'
import { authenticate, ping } from '#gateways/ws/commands/authenticate.ts'
import { joinRoom, leaveRoom, sendMessage } from '#gateways/ws/commands/rooms.ts'
import { subscribe, unsubscribe } from '#gateways/ws/commands/subscribe.ts'

/** The table of frame types. */
export const COMMANDS: ReadonlyMap<string, WsCommand> = new Map(
  Object.entries<WsCommand>({
    authenticate,
    ping,
    subscribe,
    // Going on after a reconnect is a subscription from where the client was.
    resume: subscribe,
    unsubscribe,
    join_room: joinRoom,
    leave_room: leaveRoom,
    send_message: sendMessage,
  }),
)
