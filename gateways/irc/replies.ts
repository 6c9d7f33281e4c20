import { ROOM_REFUSALS } from '#actors/room/room.commands.ts'
import { HOST_REFUSALS, type Refusal } from '#events/refusal.ts'
import { LOGIN_REFUSALS } from '#gateways/kernel/login.ts'
import { RATE_REFUSALS } from '#gateways/kernel/rate-limits/refusal.ts'

import type { IrcMessage } from '#gateways/irc/codec.ts'

/**
 * Numerics and their words. The source and the target's nick are added on sending.
 *
 * Sources: RFC 2812 section 5; modern.ircdocs.horse "Numerics"; 531 and 447 as InspIRCd has them.
 */
export function numeric(code: string, ...params: readonly string[]): Numeric {
  return { code, params }
}

export interface Numeric {
  readonly code: string
  readonly params: readonly string[]
}

/** A line for the client: a numeric, or a message as it stands. */
export type Line = Numeric | IrcMessage

export const replies = {
  noSuchNick: (nick: string) => numeric('401', nick, 'No such nick/channel'),
  noSuchServer: (server: string) => numeric('402', server, 'No such server'),
  noSuchChannel: (channel: string) => numeric('403', channel, 'No such channel'),
  cannotSend: (channel: string) => numeric('404', channel, 'Cannot send to channel'),
  tooManyChannels: (channel: string) =>
    numeric('405', channel, 'You have joined too many channels'),
  wasNoSuchNick: (nick: string) => numeric('406', nick, 'There was no such nickname'),
  tooManyTargets: (target: string) => numeric('407', target, 'Too many targets'),
  noOrigin: () => numeric('409', 'No origin specified'),
  invalidCap: (subcommand: string) => numeric('410', subcommand, 'Invalid CAP command'),
  noRecipient: (verb: string) => numeric('411', `No recipient given (${verb})`),
  noText: () => numeric('412', 'No text to send'),
  tooLong: () => numeric('417', 'Input line was too long'),
  unknownCommand: (verb: string) => numeric('421', verb, 'Unknown command'),
  noMotd: () => numeric('422', 'There is no message of the day'),
  noNick: () => numeric('431', 'No nickname given'),
  erroneousNick: (nick: string) => numeric('432', nick, 'Erroneous nickname'),
  notOnChannel: (channel: string) => numeric('442', channel, "You're not on that channel"),
  noNickChange: () => numeric('447', 'Your nick is the name of your account'),
  notRegistered: () => numeric('451', 'You have not registered'),
  needMoreParams: (verb: string) => numeric('461', verb, 'Not enough parameters'),
  alreadyRegistered: () => numeric('462', 'You may not reregister'),
  passwordMismatch: () => numeric('464', 'Password incorrect'),
  noPrivileges: () => numeric('481', "Permission Denied - You're not an IRC operator"),
  needsOperator: (channel: string) => numeric('482', channel, "You're not channel operator"),
  noOperHost: () => numeric('491', 'No O-lines for your host'),
  unknownUserMode: () => numeric('501', 'Unknown MODE flag'),
  otherUserMode: () => numeric('502', 'Cant change mode for other users'),
  /** As ircu and InspIRCd have it: something may be done again only after a time. */
  targetTooFast: (target: string, words: string) => numeric('439', target, words),
  cannotSendToUser: (nick: string) =>
    numeric('531', nick, 'Messages to one member are not kept here: talk in a channel'),
  tryAgain: (verb: string) => numeric('263', verb, 'Please wait a while and try again.'),
  unknownError: (verb: string, words: string) => numeric('400', verb, words),
} as const

/** What a refused command was about, as its reply names it. */
export interface Refused {
  readonly verb: string
  readonly channel: string
}

type Translate = (refused: Refused, refusal: Refusal) => Numeric

/** Domain refusals to numerics, in one place; others are 400 with the refusal's words. */
const BY_CODE: Readonly<Record<string, Translate>> = {
  [ROOM_REFUSALS.noSuchRoom]: ({ channel }) => replies.noSuchChannel(channel),
  [ROOM_REFUSALS.notInRoom]: ({ verb, channel }) =>
    verb === 'PRIVMSG' || verb === 'NOTICE'
      ? replies.cannotSend(channel)
      : replies.notOnChannel(channel),
  [ROOM_REFUSALS.tooManyConnections]: ({ channel }) => replies.tooManyChannels(channel),
  [HOST_REFUSALS.busy]: ({ verb }) => replies.tryAgain(verb),
  [HOST_REFUSALS.logUnavailable]: ({ verb }) => replies.tryAgain(verb),
  [HOST_REFUSALS.stopping]: ({ verb }) => replies.tryAgain(verb),
  [HOST_REFUSALS.noHolder]: ({ verb }) => replies.tryAgain(verb),
  [LOGIN_REFUSALS.loginIncorrect]: () => replies.passwordMismatch(),
  [RATE_REFUSALS.rateLimited]: ({ channel }, { message }) =>
    replies.targetTooFast(channel, message),
}

export function refusalReply(refused: Refused, refusal: Refusal): Numeric {
  const translate = BY_CODE[refusal.code]
  if (translate) return translate(refused, refusal)
  return replies.unknownError(refused.verb, refusal.message)
}
