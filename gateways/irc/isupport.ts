import { AWAY_CHARACTERS } from '#gateways/irc/commands/away.ts'
import type { IrcSettings } from '#gateways/irc/options.ts'
import { numeric, type Numeric } from '#gateways/irc/replies.ts'

export const TOPIC_CHARACTERS = 390
export const CHANNEL_CHARACTERS = 64

/** 005: what clients can rely on (modern.ircdocs.horse "RPL_ISUPPORT"); at most 13 a line. */
export function isupportLines({ networkName, limits }: IrcSettings): Numeric[] {
  const tokens = [
    'CASEMAPPING=ascii',
    'CHANTYPES=#',
    'CHANMODES=,,,nt',
    'PREFIX=',
    'NICKLEN=24',
    `CHANNELLEN=${CHANNEL_CHARACTERS}`,
    `TOPICLEN=${TOPIC_CHARACTERS}`,
    `AWAYLEN=${AWAY_CHARACTERS}`,
    `CHANLIMIT=#:${limits.channelsPerClient}`,
    `TARGMAX=JOIN:${limits.targets},PART:${limits.targets},NAMES:${limits.targets},PRIVMSG:1,NOTICE:1`,
    'MODES=1',
    'CLIENTTAGDENY=*',
    'UTF8ONLY',
    `NETWORK=${networkName.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`,
  ]
  const lines: Numeric[] = []
  for (let from = 0; from < tokens.length; from += 13) {
    lines.push(numeric('005', ...tokens.slice(from, from + 13), 'are supported by this server'))
  }
  return lines
}
