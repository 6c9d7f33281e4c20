import { Refusal } from '#events/refusal.ts'

import { type ClientFrame, decodeWith, FRAME_REFUSALS } from '#gateways/ws/codec.ts'
import type { WsClient, WsReply } from '#gateways/ws/command.ts'
import { COMMANDS } from '#gateways/ws/commands.ts'
import { WS_REFUSALS } from '#gateways/ws/replies.ts'

/** Every check that frames share, then the command. Rejects with a `Refusal`. */
export async function dispatch(frame: ClientFrame, client: WsClient): Promise<WsReply> {
  const command = COMMANDS.get(frame.type)
  if (!client.connection.member && command?.needsLogin !== false) {
    throw new Refusal(WS_REFUSALS.notAuthenticated, 'Authenticate first.')
  }
  if (!command) throw new Refusal(FRAME_REFUSALS.unknownType, 'There is no such type of frame.')
  const data = decodeWith(command.data, frame.data ?? {})
  return await command.run({ frame, data, client })
}
