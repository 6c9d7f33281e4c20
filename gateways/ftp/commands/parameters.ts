import type {
  CommandSession,
  CommandTable,
  FtpCommand,
  SessionState,
} from '#gateways/ftp/command.ts'
import { MACHINE_FACTS } from '#gateways/ftp/listings/listing-rows.ts'
import { HASH_NAMES } from '#gateways/ftp/transfers/file-hash.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'

/** RFC 959 section 4.1.2 (transfer parameters) and RFC 2389 (FEAT and OPTS). */
export const parameterCommands: CommandTable = {
  TYPE: {
    needsLogin: true,
    minParams: 1,
    help: 'TYPE A|I (files always move as they are)',
    run({ state }, argument) {
      const type = TYPES[argument.trim().toUpperCase()]
      if (!type) return reply(504, 'Only the types A and I.')
      state.type = type
      return reply(200, `Type is ${type}.`)
    },
  },
  MODE: oneValue('MODE', 'S', 'Only stream mode.'),
  STRU: oneValue('STRU', 'F', 'Only file structure.'),
  ALLO: {
    needsLogin: true,
    minParams: 0,
    help: 'ALLO: not needed',
    run: () => reply(202, 'Space need not be reserved.'),
  },
  NOOP: {
    needsLogin: false,
    minParams: 0,
    duringTransfer: 'runs',
    help: 'NOOP',
    run: () => reply(200, 'Here.'),
  },
  SYST: {
    needsLogin: false,
    minParams: 0,
    help: 'SYST',
    run: () => reply(215, 'UNIX Type: L8'),
  },
  CLNT: {
    needsLogin: false,
    minParams: 1,
    help: 'CLNT <name of the client>',
    run: () => reply(200, 'Noted.'),
  },
  FEAT: {
    needsLogin: false,
    minParams: 0,
    help: 'FEAT',
    run: ({ state }) => reply(211, 'Features:', ...features(state), 'End'),
  },
  OPTS: {
    needsLogin: false,
    minParams: 1,
    help: 'OPTS UTF8 ON | MLST <facts> | HASH <algorithm>',
    run(session, argument) {
      const [name = '', ...rest] = argument.trim().split(' ')
      const option = OPTIONS[name.toUpperCase()]
      return option ? option(session, rest.join(' ')) : reply(501, 'No such option.')
    },
  },
}

const TYPES: Readonly<Record<string, 'A' | 'I'>> = {
  A: 'A',
  'A N': 'A',
  I: 'I',
  'L 8': 'I',
  L8: 'I',
}

function oneValue(verb: string, value: string, otherwise: string): FtpCommand {
  return {
    needsLogin: true,
    minParams: 1,
    help: `${verb} ${value}`,
    run: (_session, argument) =>
      argument.trim().toUpperCase() === value ? reply(200, 'Fine.') : reply(504, otherwise),
  }
}

const FEATURES = [
  'AUTH SSL',
  'AUTH TLS',
  'CEPR',
  'CLNT',
  'CPSV',
  'EPRT',
  'EPSV',
  'HOST',
  'LANG EN*',
  'MDTM',
  'MFF Modify;UNIX.mode;',
  'MFMT',
  'PBSZ',
  'PRET',
  'PROT',
  'RANG STREAM',
  'REST STREAM',
  'SIZE',
  'SSCN',
  'TVFS',
  'UTF8',
  'XCRC',
  'XMD5',
  'XSHA',
  'XSHA1',
  'XSHA256',
  'XSHA512',
]

/** RFC 3659 section 7.8: an asterisk marks what is told unless OPTS changes it. */
function features({ machineFacts, hashName }: SessionState): string[] {
  const facts = MACHINE_FACTS.map((name) => `${name}${machineFacts.includes(name) ? '*' : ''};`)
  const hashes = HASH_NAMES.map((name) => `${name}${name === hashName ? '*' : ''}`)
  const all = [...FEATURES, `HASH ${hashes.join(';')}`, `MLST ${facts.join('')}`]
  return all.toSorted().map((feature) => ` ${feature}`)
}

const OPTIONS: Readonly<Record<string, (session: CommandSession, value: string) => Reply>> = {
  UTF8: (_session, value) =>
    ['', 'ON'].includes(value.trim().toUpperCase())
      ? reply(200, 'UTF-8 it is.')
      : reply(504, 'Names are always UTF-8.'),
  /** draft-bryan-ftpext-hash section 3.2. */
  HASH({ state }, value) {
    const wanted = value.trim().toUpperCase()
    const name = wanted === '' ? state.hashName : HASH_NAMES.find((each) => each === wanted)
    if (!name) return reply(501, `It stays ${state.hashName}: that algorithm is not known.`)
    state.hashName = name
    return reply(200, name)
  },
  /** RFC 3659 section 7.9: facts that are not known are ignored. */
  MLST({ state }, value) {
    const wanted = value.toLowerCase().split(';')
    state.machineFacts = MACHINE_FACTS.filter((name) => wanted.includes(name.toLowerCase()))
    return reply(200, `MLST OPTS ${state.machineFacts.map((name) => `${name};`).join('')}`)
  },
}
