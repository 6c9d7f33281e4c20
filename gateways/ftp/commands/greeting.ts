import { isIP } from 'node:net'

import { plainAddress } from '#gateways/ftp/transfers/address.ts'
import type { CommandTable } from '#gateways/ftp/command.ts'
import { reply } from '#gateways/ftp/replies.ts'

/** What is said before the login: RFC 7151 (HOST), RFC 2640 (LANG), and IDNT of bouncers. */
export const greetingCommands: CommandTable = {
  // RFC 7151 section 3: before USER. There is one site, by whatever name a client knows it.
  HOST: {
    needsLogin: false,
    minParams: 1,
    help: 'HOST <name of the server>',
    run({ connection, state }, argument) {
      if (connection.member || state.user !== undefined)
        return reply(503, 'HOST comes before USER.')
      return isHost(argument.trim())
        ? reply(220, 'veza FTP server ready.')
        : reply(501, 'That is no name of a host.')
    },
  },
  LANG: {
    needsLogin: false,
    minParams: 0,
    help: 'LANG [EN]',
    run(_session, argument) {
      const tag = argument.trim().toUpperCase()
      return tag === '' || tag === 'EN'
        ? reply(200, 'English it is.')
        : reply(504, 'There is only EN.')
    },
  },
  // A bouncer reads no replies: one would reach its client as the answer to something else.
  IDNT: {
    needsLogin: false,
    minParams: 1,
    help: 'IDNT <ident>@<address>:<host>: from bouncers of the site alone',
    run(session, argument) {
      const { policies, state, connection, origin } = session
      if (!policies.isBouncer(origin.address) || origin.ident !== undefined) {
        return reply(530, 'IDNT is for bouncers of the site, once.')
      }
      if (connection.member || state.user !== undefined)
        return reply(503, 'IDNT comes before USER.')
      const [, ident, address] = IDNT.exec(argument.trim()) ?? []
      if (ident === undefined || isIP(address ?? '') === 0) {
        return reply(501, 'IDNT takes ident@address:host.')
      }
      session.clientIsAt(plainAddress(address), ident)
      return { ...reply(200, 'Noted.'), followUp: { kind: 'silence' } }
    },
  },
}

/** An IPv6 address may stand in brackets. */
const IDNT = /^([^\s@]{1,64})@\[?([0-9a-fA-F.:]+?)\]?:([^\s:]{0,255})$/

/** RFC 7151 section 3.1: a name, or an address in brackets when it is IPv6. */
function isHost(text: string): boolean {
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1]
  if (bracketed !== undefined) return isIP(bracketed) === 6
  return /^(?=.{1,255}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$/.test(text)
}
