import type { CommandTable, FtpCommand } from '#gateways/ftp/command.ts'
import { reply } from '#gateways/ftp/replies.ts'

/** Verbs of the standards that veza knows and does not do: 502, RFC 959 section 4.2.2. */
const NOT_TAKEN: Readonly<Record<string, string>> = {
  // RFC 959
  REIN: 'Log in by a new connection instead.',
  SMNT: 'There is one file system.',
  // RFC 2228
  ADAT: 'TLS needs no ADAT.',
  MIC: 'Use TLS.',
  CONF: 'Use TLS.',
  ENC: 'Use TLS.',
  // RFC 1639, which RFC 2428 replaces
  LPRT: 'Use EPRT.',
  LPSV: 'Use EPSV.',
}

export const unsupportedCommands: CommandTable = Object.fromEntries(
  Object.entries(NOT_TAKEN).map(([verb, words]): [string, FtpCommand] => [
    verb,
    {
      needsLogin: false,
      minParams: 0,
      help: `${verb} is not taken here`,
      run: () => reply(502, words),
    },
  ]),
)
