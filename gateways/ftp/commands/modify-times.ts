import { Refusal } from '#events/refusal.ts'
import { formatPath } from '#gateways/site/path.ts'

import type { CommandSession, CommandTable } from '#gateways/ftp/command.ts'
import { machineTime } from '#gateways/ftp/listings/listing-rows.ts'
import { timeIn } from '#gateways/ftp/listings/machine-times.ts'
import { type Reply, reply } from '#gateways/ftp/replies.ts'

/** RFC 3659 section 3 (MDTM) and draft-somers-ftp-mfxx. */
export const modifyTimeCommands: CommandTable = {
  MDTM: {
    needsLogin: true,
    minParams: 1,
    help: 'MDTM <path>, or as many clients have it MDTM <YYYYMMDDHHMMSS> <path>',
    async run(session, argument) {
      const set = await settingIn(session, argument)
      if (set) return await setTime(session, set.at, set.path)
      const path = session.path(argument)
      const entry = await session.site.stat(session.caller(), path)
      if (entry.kind !== 'file' || entry.isStatus) {
        return reply(550, `${formatPath(path)} is no file.`)
      }
      return reply(213, machineTime(entry.modifiedAt))
    },
  },
  MFMT: {
    needsLogin: true,
    minParams: 1,
    help: 'MFMT <YYYYMMDDHHMMSS> <path>',
    async run(session, argument) {
      const [, time = '', path] = /^(\S+) +(.+)$/.exec(argument.trimStart()) ?? []
      const at = timeIn(time)
      if (at === undefined || path === undefined) return reply(501, 'MFMT takes a time and a path.')
      return await setTime(session, at, path)
    },
  },
  MFCT: {
    needsLogin: true,
    minParams: 1,
    help: 'MFCT: refused, the log has when a file came',
    run: () => reply(502, 'When a file came is not changed: MFMT sets its time.'),
  },
  MFF: {
    needsLogin: true,
    minParams: 1,
    help: 'MFF [Modify=<YYYYMMDDHHMMSS>;][UNIX.mode=<octal>;] <path>',
    async run(session, argument) {
      const [, said = '', path] = /^((?:[^\s=;]+=[^\s;]*;)+) (.+)$/.exec(argument.trimStart()) ?? []
      if (path === undefined) return reply(501, 'MFF takes facts, each with ";", and a path.')
      const facts = said.split(';').filter(Boolean).map(factIn)
      if (facts.some((fact) => fact === 'unknown')) {
        return reply(504, 'Only Modify and UNIX.mode can be set.')
      }
      if (facts.some((fact) => fact === 'wrong')) return reply(501, 'A value there is wrong.')
      const at = session.path(path)
      for (const fact of facts) {
        if (typeof fact === 'object') session.caused(await fact.apply(session, at))
      }
      return reply(213, `${said} ${formatPath(at)}`)
    },
  },
}

type Setting = {
  apply(
    session: CommandSession,
    path: ReturnType<CommandSession['path']>,
  ): ReturnType<CommandSession['site']['setMode']>
}

function factIn(said: string): Setting | 'unknown' | 'wrong' {
  const [name = '', value = ''] = said.split('=')
  if (name.toLowerCase() === 'modify') {
    const at = timeIn(value)
    if (at === undefined) return 'wrong'
    return { apply: (session, path) => session.site.setTime(session.caller(), path, at) }
  }
  if (name.toLowerCase() !== 'unix.mode') return 'unknown'
  const mode = modeIn(value)
  if (mode === undefined) return 'wrong'
  return { apply: (session, path) => session.site.setMode(session.caller(), path, mode) }
}

/** Octal permission bits; those above them are nobody's to set. */
export function modeIn(text: string): number | undefined {
  return /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : undefined
}

async function setTime(session: CommandSession, at: number, said: string): Promise<Reply> {
  const path = session.path(said)
  session.caused(await session.site.setTime(session.caller(), path, at))
  return reply(213, `Modify=${machineTime(at)}; ${formatPath(path)}`)
}

/** A time before the path sets it, unless there is a file whose name begins with those digits. */
async function settingIn(session: CommandSession, argument: string) {
  const [, time = '', path] = /^(\d{14}(?:\.\d+)?) +(.+)$/.exec(argument.trim()) ?? []
  const at = timeIn(time)
  if (at === undefined || path === undefined) return undefined
  try {
    await session.site.stat(session.caller(), session.path(argument))
    return undefined
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    return { at, path }
  }
}
