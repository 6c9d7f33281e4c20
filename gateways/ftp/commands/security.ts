import type { CommandTable } from '#gateways/ftp/command.ts'
import { reply } from '#gateways/ftp/replies.ts'

const TLS_NAMES = new Set(['TLS', 'TLS-C', 'SSL', 'TLS-P'])

/** RFC 2228 and RFC 4217. */
export const securityCommands: CommandTable = {
  AUTH: {
    needsLogin: false,
    minParams: 1,
    help: 'AUTH TLS',
    run({ isSecured }, argument) {
      if (!TLS_NAMES.has(argument.trim().toUpperCase())) return reply(504, 'Only AUTH TLS.')
      if (isSecured) return reply(503, 'This connection is secure already.')
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
  CCC: {
    needsLogin: false,
    minParams: 0,
    help: 'CCC: refused',
    run: () => reply(534, 'A secure connection stays secure.'),
  },
}
