import { isIPv4 } from 'node:net'

import {
  type Endpoint,
  formatPort,
  isSameAddress,
  parseExtendedPort,
  parsePort,
} from '#gateways/ftp/transfers/address.ts'
import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { isReachableFor } from '#gateways/ftp/transfers/foreign-peers.ts'
import { NoDataConnection } from '#gateways/ftp/transfers/prepared-connection.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'
import { fxpOf } from '#gateways/ftp/transfers/transfer-rules.ts'

const shared = { needsLogin: true, duringTransfer: 'gives-up-waiting' } as const

/** RFC 959 section 4.1.2 and RFC 2428; CPSV and CEPR as race sites know them. */
export const dataConnectionCommands: CommandTable = {
  PASV: {
    ...shared,
    minParams: 0,
    help: 'PASV',
    run: (session) => passive(session, false),
  },
  // PASV where this side is the TLS client of the data connection, for transfers between sites.
  CPSV: {
    ...shared,
    minParams: 0,
    help: 'CPSV: PASV, and TLS begins from this side',
    run(session) {
      if (!session.isSecured) return reply(503, 'Say AUTH TLS first.')
      if (!session.state.isDataProtected) return reply(503, 'Say PROT P first.')
      return passive(session, true)
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
      const own = familyOf(session.localAddress)
      if (family !== '' && family !== own) return otherFamily(own)
      return await listening(session, false, (port) => {
        const address = advertised(session)
        const told = session.state.hasCustomReplies ? `${familyOf(address)}|${address}` : '|'
        return reply(229, `Entering Extended Passive Mode (|${told}|${port}|)`)
      })
    },
  },
  CEPR: {
    needsLogin: true,
    minParams: 1,
    help: 'CEPR ON|OFF: whether EPSV tells the address too',
    run({ state }, argument) {
      const value = argument.trim().toUpperCase()
      if (value !== 'ON' && value !== 'OFF') return reply(501, 'CEPR takes ON or OFF.')
      state.hasCustomReplies = value === 'ON'
      return reply(200, `Custom extended passive replies are ${value}.`)
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
      if (target === 'other-family') return otherFamily('1,2')
      return target ? aimed(session, target) : reply(501, 'That is no address and port.')
    },
  },
}

function familyOf(address: string): '1' | '2' {
  return isIPv4(address) ? '1' : '2'
}

/** RFC 2428 section 2: the families that do are in brackets. */
function otherFamily(families: string): Reply {
  return reply(522, `Use another protocol: (${families})`)
}

function advertised({ policies, localAddress, remoteAddress }: CommandSession): string {
  return policies.advertisedTo(remoteAddress) ?? localAddress
}

async function passive(session: CommandSession, isTlsClient: boolean): Promise<Reply> {
  if (session.state.isExtendedOnly) return extendedOnly()
  const address = advertised(session)
  if (!isIPv4(address)) return reply(425, 'PASV has no room for IPv6: use EPSV.')
  return await listening(session, isTlsClient, (port) =>
    reply(227, `Entering Passive Mode (${formatPort({ address, port })}).`),
  )
}

function extendedOnly(): Reply {
  return reply(503, 'After EPSV ALL there is only EPSV.')
}

async function listening(
  { data }: CommandSession,
  isTlsClient: boolean,
  answer: (port: number) => Reply,
): Promise<Reply> {
  try {
    return answer(await data.listen({ isTlsClient }))
  } catch (cause) {
    if (cause instanceof NoDataConnection) return reply(425, cause.message)
    throw cause
  }
}

/** RFC 2577 section 3: to the client itself and to no port of a service, or it is a bounce. */
async function aimed(session: CommandSession, target: Endpoint): Promise<Reply> {
  const { data, localAddress, remoteAddress } = session
  const isOwn = isSameAddress(target.address, remoteAddress)
  if (!isOwn && (await fxpOf(session)) === 'none') {
    return reply(504, 'Data connections go to your own address alone.')
  }
  if (!isOwn && !isReachableFor(remoteAddress, target.address)) {
    return reply(504, 'Data connections do not go into networks that you are not in.')
  }
  if (target.port < 1_024) return reply(504, 'Data connections go to ports from 1024 on.')
  // It leaves from the address that the client has come to, which is of one family.
  const own = familyOf(localAddress)
  if (familyOf(target.address) !== own) return otherFamily(own)
  data.aim(target)
  return reply(200, 'Noted.')
}
