import { isIPv4 } from 'node:net'

import {
  type Endpoint,
  formatPort,
  isSameAddress,
  parseExtendedPort,
  parsePort,
} from '#gateways/ftp/address.ts'
import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { NoDataConnection } from '#gateways/ftp/data-port.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'

const shared = { needsLogin: true, duringTransfer: 'gives-up-waiting' } as const

/** RFC 959 section 4.1.2 and RFC 2428. */
export const dataConnectionCommands: CommandTable = {
  PASV: {
    ...shared,
    minParams: 0,
    help: 'PASV',
    async run(session) {
      if (session.state.isExtendedOnly) return extendedOnly()
      const address = session.advertisedAddress ?? session.localAddress
      if (!isIPv4(address)) return reply(425, 'PASV has no room for IPv6: use EPSV.')
      return await listening(session, (port) =>
        reply(227, `Entering Passive Mode (${formatPort({ address, port })}).`),
      )
    },
  },
  EPSV: {
    ...shared,
    minParams: 0,
    help: 'EPSV [1|2|ALL]',
    async run(session, argument) {
      const family = argument.trim().toUpperCase()
      if (family === 'ALL') {
        session.state.isExtendedOnly = true
        return reply(200, 'EPSV ALL it is.')
      }
      const own = isIPv4(session.localAddress) ? '1' : '2'
      if (family !== '' && family !== own) return reply(522, `Use another protocol: (${own})`)
      return await listening(session, (port) =>
        reply(229, `Entering Extended Passive Mode (|||${port}|)`),
      )
    },
  },
  PORT: {
    ...shared,
    minParams: 1,
    help: 'PORT <h1,h2,h3,h4,p1,p2>',
    run(session, argument) {
      if (session.state.isExtendedOnly) return extendedOnly()
      const target = parsePort(argument)
      return target ? aimed(session, target) : reply(501, 'That is no address and port.')
    },
  },
  EPRT: {
    ...shared,
    minParams: 1,
    help: 'EPRT |<1 or 2>|<address>|<port>|',
    run(session, argument) {
      if (session.state.isExtendedOnly) return extendedOnly()
      const target = parseExtendedPort(argument)
      if (target === 'other-family') return reply(522, 'Use another protocol: (1,2)')
      return target ? aimed(session, target) : reply(501, 'That is no address and port.')
    },
  },
}

function extendedOnly(): Reply {
  return reply(503, 'After EPSV ALL there is only EPSV.')
}

async function listening(
  { data }: CommandSession,
  answer: (port: number) => Reply,
): Promise<Reply> {
  try {
    return answer(await data.listen())
  } catch (cause) {
    if (cause instanceof NoDataConnection) return reply(425, cause.message)
    throw cause
  }
}

/** RFC 2577 section 3: to the client itself and to no port of a service, or it is a bounce. */
function aimed({ data, remoteAddress }: CommandSession, target: Endpoint): Reply {
  const isOwn = isSameAddress(target.address, remoteAddress)
  if (!isOwn) return reply(504, 'Data connections go to your own address alone.')
  if (target.port < 1_024) return reply(504, 'Data connections go to ports from 1024 on.')
  data.aim(target)
  return reply(200, 'Noted.')
}
