import type { CommandTable } from '#gateways/ftp/command.ts'
import { reply } from '#gateways/ftp/replies.ts'

/** By each name whether data connections are protected from then on, without PBSZ and PROT. */
const TLS_NAMES: Readonly<Record<string, boolean>> = {
  // RFC 4217 section 17: TLS-C is its other name.
  TLS: false,
  'TLS-C': false,
  // draft-murray-auth-ftp-ssl, which clients older than the RFC follow.
  SSL: true,
  'TLS-P': true,
}

/** RFC 2228 and RFC 4217; SSCN as servers that exchange files between them know it. */
export const securityCommands: CommandTable = {
  AUTH: {
    needsLogin: false,
    minParams: 1,
    help: 'AUTH TLS|TLS-C|SSL|TLS-P',
    run({ isSecured, state }, argument) {
      const name = argument.trim().toUpperCase()
      const protects = Object.hasOwn(TLS_NAMES, name) ? TLS_NAMES[name] : undefined
      if (protects === undefined) return reply(504, 'Only AUTH TLS.')
      if (isSecured) return reply(503, 'This connection is secure already.')
      state.hasBufferSize = state.isDataProtected = protects
      return { ...reply(234, 'Go on in TLS.'), followUp: { kind: 'secure' } }
    },
  },
  PBSZ: {
    needsLogin: false,
    minParams: 1,
    help: 'PBSZ 0',
    run({ isSecured, state }, argument) {
      if (!isSecured) return reply(503, 'Say AUTH TLS first.')
      if (!/^\d{1,10}$/.test(argument.trim())) return reply(501, 'PBSZ takes a number.')
      state.hasBufferSize = true
      return reply(200, 'PBSZ=0')
    },
  },
  PROT: {
    needsLogin: false,
    minParams: 1,
    help: 'PROT C|P',
    run({ isSecured, state }, argument) {
      if (!isSecured) return reply(503, 'Say AUTH TLS first.')
      if (!state.hasBufferSize) return reply(503, 'Say PBSZ first.')
      const level = argument.trim().toUpperCase()
      if (level === 'S' || level === 'E') return reply(536, 'TLS has the levels C and P.')
      if (level !== 'C' && level !== 'P') return reply(504, 'No such protection level.')
      state.isDataProtected = level === 'P'
      return reply(200, `Data connections are ${level === 'P' ? 'protected' : 'in clear'}.`)
    },
  },
  // Of two servers with a protected data connection between them one has to be the TLS client.
  SSCN: {
    needsLogin: true,
    minParams: 0,
    help: 'SSCN [ON|OFF]: whether TLS begins from this side',
    run({ isSecured, state }, argument) {
      if (!isSecured) return reply(503, 'Say AUTH TLS first.')
      const value = argument.trim().toUpperCase()
      if (!['', 'ON', 'OFF'].includes(value)) return reply(501, 'SSCN takes ON or OFF.')
      if (value !== '') state.isTlsClient = value === 'ON'
      return reply(200, `SSCN:${state.isTlsClient ? 'CLIENT' : 'SERVER'} METHOD`)
    },
  },
  CCC: {
    needsLogin: false,
    minParams: 0,
    help: 'CCC: refused',
    run: ({ isSecured }) =>
      isSecured
        ? reply(534, 'A secure connection stays secure.')
        : reply(533, 'There is no protection to give up.'),
  },
}
