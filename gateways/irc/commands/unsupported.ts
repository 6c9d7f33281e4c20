import { type IrcCommand, type IrcRequest, reply } from '#gateways/irc/command.ts'
import { type Line, numeric, replies } from '#gateways/irc/replies.ts'

function answers(
  line: (request: IrcRequest) => Line,
  minParams = 0,
  when: IrcCommand['when'] = 'after',
): IrcCommand {
  return { when, minParams, run: (request) => reply(line(request)) }
}

const noPrivileges = answers(replies.noPrivileges)

/** Verbs of the RFCs that are known and not done here, each with its own reply. */
export const unsupported: Readonly<Record<string, IrcCommand>> = {
  // SASL is not offered: IRCv3 sasl-3.1, ERR_SASLFAIL.
  // Rooms have no operators yet.
  INVITE: answers(({ params }) => replies.needsOperator(params[1]!), 2),
  KICK: answers(({ params }) => replies.needsOperator(params[0]!), 2),
  OPER: answers(replies.noOperHost, 2),
  CONNECT: noPrivileges,
  DIE: noPrivileges,
  KILL: noPrivileges,
  REHASH: noPrivileges,
  RESTART: noPrivileges,
  SQUIT: noPrivileges,
  WALLOPS: noPrivileges,
  // RFC 2812 sections 4.5 and 4.6: disabled services have these replies.
  SUMMON: answers(() => numeric('445', 'SUMMON has been disabled')),
  USERS: answers(() => numeric('446', 'USERS has been disabled')),
  SERVLIST: answers(() => numeric('235', '*', '*', 'End of service listing')),
  SQUERY: answers(({ params }) => numeric('408', params[0]!, 'No such service'), 1),
  TRACE: answers(({ house }) => numeric('262', house.settings.serverName, 'End of TRACE')),
}
