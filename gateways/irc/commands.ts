import type { IrcCommand } from '#gateways/irc/command.ts'
import { authenticate } from '#gateways/irc/commands/authenticate.ts'
import { away } from '#gateways/irc/commands/away.ts'
import { cap } from '#gateways/irc/commands/cap.ts'
import { join, part } from '#gateways/irc/commands/join.ts'
import { list } from '#gateways/irc/commands/list.ts'
import { lusers, motd, serverInformation } from '#gateways/irc/commands/server-information.ts'
import { message, notice, tagMessage } from '#gateways/irc/commands/message.ts'
import { mode } from '#gateways/irc/commands/mode.ts'
import { names } from '#gateways/irc/commands/names.ts'
import { ping, pong, quit } from '#gateways/irc/commands/link.ts'
import { nick, pass, user } from '#gateways/irc/commands/registration.ts'
import { topic } from '#gateways/irc/commands/topic.ts'
import { unsupported } from '#gateways/irc/commands/unsupported.ts'
import { ison, userhost, who, whois, whowas } from '#gateways/irc/commands/who.ts'

/** The table of verbs. What stands nowhere here is 421. */
export const COMMANDS: ReadonlyMap<string, IrcCommand> = new Map(
  Object.entries<IrcCommand>({
    AUTHENTICATE: authenticate,
    AWAY: away,
    CAP: cap,
    ISON: ison,
    JOIN: join,
    LIST: list,
    LUSERS: lusers,
    MODE: mode,
    MOTD: motd,
    NAMES: names,
    NICK: nick,
    NOTICE: notice,
    PART: part,
    PASS: pass,
    PING: ping,
    PONG: pong,
    PRIVMSG: message,
    QUIT: quit,
    TAGMSG: tagMessage,
    TOPIC: topic,
    USER: user,
    USERHOST: userhost,
    WHO: who,
    WHOIS: whois,
    WHOWAS: whowas,
    ...serverInformation,
    ...unsupported,
  }),
)
