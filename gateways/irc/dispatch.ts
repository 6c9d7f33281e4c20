import { Refusal } from '#events/refusal.ts'

import type { Client } from '#gateways/irc/client.ts'
import type { IrcMessage } from '#gateways/irc/codec.ts'
import { type IrcCommand, type IrcReply, type IrcRequest, reply } from '#gateways/irc/command.ts'
import { COMMANDS } from '#gateways/irc/commands.ts'
import type { House } from '#gateways/irc/house.ts'
import { refusalReply, replies } from '#gateways/irc/replies.ts'

/** Every check that commands share, then the command; refusals become numerics here. */
export async function dispatch(
  message: IrcMessage,
  client: Client,
  house: House,
): Promise<IrcReply> {
  const { command: verb, params } = message
  const command = COMMANDS.get(verb)
  const isLoggedIn = client.member !== undefined
  // A stranger is not told which verbs there are.
  if (!command) return reply(isLoggedIn ? replies.unknownCommand(verb) : replies.notRegistered())
  if (command.when === 'after' && !isLoggedIn) return reply(replies.notRegistered())
  if (command.when === 'before' && isLoggedIn) return reply(replies.alreadyRegistered())
  if (params.length < command.minParams) return reply(replies.needMoreParams(verb))
  const answer = await runRefusable(command, { verb, params, client, house })
  return command.isUnanswered ? { ...answer, lines: [] } : answer
}

async function runRefusable(command: IrcCommand, request: IrcRequest): Promise<IrcReply> {
  try {
    return await command.run(request)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return reply(refusalReply({ verb: request.verb, channel: request.params[0] ?? '*' }, error))
  }
}
